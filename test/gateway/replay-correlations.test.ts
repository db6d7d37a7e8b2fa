import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { KeptRow } from '../../alerts/index.ts';
import { createReplaySide, type ReplaySide } from '../../gateway/commands/replay-side.ts';
import { type Reviewed, readReviewed } from '../../gateway/commands/reviewed.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import {
  createReplayer,
  decodeExchange,
  encodeExchange,
  type Finding,
  loadRules,
  type RuleSet,
} from '../../rules/index.ts';
import { correlationsText } from '../rules/correlation-text.ts';
import { featureset } from '../rules/featureset.ts';
import { keptRows } from './kept-rows.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

const RULES = [
  rule({ name: 'a', mode: 'shadow', target: 'input' }),
  rule({ name: 'b', mode: 'shadow', target: 'input', concept: 'jailbreak' }),
  rule({ name: 'c', mode: 'shadow', target: 'output', concept: 'power_seeking' }),
];

/** Every type, with what undoes, chains, held back alerts, one that waits for what must not follow, and one that is decided
 *  when its window closes. */
const CORRELATIONS = correlationsText(
  { name: 'x', condition: '{gte: 2}', timespan: '1h' },
  { name: 'y', type: 'temporal_ordered', rules: '[a, b]', timespan: '1h', unless: '[c]' },
  {
    name: 'z',
    type: 'value_count',
    rules: '[x, y]',
    field: 'conversation',
    group_by: '[]',
    timespan: '1h',
    condition: '{gte: 2}',
  },
  { name: 'w', rules: '[b]', condition: '{gte: 1}', timespan: '1h', unless_then: '{rules: [c], within: 1s}' },
  {
    name: 'v',
    type: 'temporal',
    rules: '[b, c]',
    group_by: '[model]',
    timespan: '1h',
    alert: '{threshold: limit, window: 1h}',
  },
  {
    name: 'u',
    type: 'temporal',
    rules: '[b, c]',
    group_by: '[exchange]',
    timespan: '1s',
    condition: '{eq: 1}',
  },
);

interface Turn {
  readonly conversation: string;
  /** What the user said, from the beginning of the conversation. */
  readonly said: readonly string[];
}

const TURNS: readonly Turn[] = [
  { conversation: 'one', said: ['I deceive you'] },
  // Sent again with one more turn: the first deceit counts once.
  { conversation: 'one', said: ['I deceive you', 'go on'] },
  { conversation: 'one', said: ['I deceive you', 'go on', 'and deceive them'] },
  { conversation: 'one', said: ['now jailbreak it'] },
  { conversation: 'two', said: ['deceive first', 'then jailbreak'] },
  { conversation: 'two', said: ['deceive first', 'then jailbreak', 'gain'] },
  { conversation: 'three', said: ['deceive', 'jailbreak, and gain'] },
  { conversation: 'two', said: ['hidden de\u200bceive', 'other words'] },
  { conversation: 'four', said: ['nothing of it'] },
];

/** Lets the conversations pass through a gateway, and waits for what it finds after the last. */
async function converse(context: TestContext): Promise<TestGateway> {
  const upstream = await startUpstream(context, (response, { body }) =>
    answerJson(response, completion(body.includes('gain') ? 'more power' : 'fine')),
  );
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile(RULES), 'b.yaml': CORRELATIONS },
    config: { replay: { keep: 'concepts' } },
  });
  for (const { conversation, said } of TURNS) {
    const headers = { 'content-type': 'application/json', 'x-telltale-conversation-id': conversation };
    const messages = said.map((content) => ({ role: 'user', content }));
    const response = await gateway.post({ model: 'm', messages }, { headers });
    await response.text();
    await gateway.recordOf(response);
  }
  await until(() => keptRows(gateway).length === TURNS.length);
  return gateway;
}

async function loaded({ rulesFolder }: TestGateway): Promise<RuleSet> {
  const result = await loadRules([rulesFolder], featureset);
  assert.ok(result.ok);
  return result.ruleSet;
}

const config = configSchema.parse({});
const UNREVIEWED: Reviewed = { exchanges: new Map(), late: [] };
const sideOf = (ruleSet: RuleSet) => createReplaySide(ruleSet, config);
const endAt = (until: Date, { late } = UNREVIEWED) => ({ until, late });

function judge(side: ReplaySide, row: KeptRow) {
  assert.ok(row.data);
  return side.judge(createReplayer(featureset).open(decodeExchange(row.data)), { ...row, reviewed: null });
}

/** Without what needs the text, and whose it was. */
function comparable({ span, view, firstToken, lastToken, tenant, ...rest }: Finding & { tenant?: string }) {
  return rest;
}

test('correlations are replayed as they were found, exchange by exchange, and what nothing followed as its record', async (context) => {
  const gateway = await converse(context);
  const rules = await loaded(gateway);
  const side = sideOf(rules);
  const rows = keptRows(gateway);
  const came: string[][] = [];
  for (const row of rows) {
    const { findings, verdict } = judge(side, row);
    const correlated = findings.filter(({ correlation }) => correlation !== undefined);
    const stored = await gateway.ledger.readExchange(row.exchangeId);
    const shown = correlated.filter(({ alert }) => alert?.isHeldBack !== true);
    assert.deepEqual(
      shown.map(comparable).sort(byName),
      (stored?.findings ?? []).map(({ finding }) => comparable(finding)).sort(byName),
    );
    assert.equal(verdict, stored?.verdict);
    came.push(correlated.map(({ ruleName }) => ruleName));
  }
  assert.deepEqual(came, [[], [], ['x'], ['y'], ['y', 'z'], ['v'], ['y', 'v'], ['x', 'z'], []]);
  const { late, correlations } = side.report(endAt(new Date(Date.now() + 60_000)));
  // Whether the answer came within a second is the machine's to say; that nothing came in `one` is not.
  assert.ok(late.some(({ ruleName, group }) => ruleName === 'w' && group['conversation'] === 'one'));
  const idsOf = (all: readonly { readonly exchangeId: string }[]) =>
    all.map(({ exchangeId }) => exchangeId).sort();
  for (const rule of ['w', 'u']) {
    const own = late.filter(({ ruleName }) => ruleName === rule);
    await until(async () => (await gateway.ledger.listFlagged({ rule })).length >= own.length);
    assert.deepEqual(idsOf(own), idsOf(await gateway.ledger.listFlagged({ rule })));
  }
  // Of those with a jailbreak or a gain of power in them two have one of the two alone.
  assert.equal(late.filter(({ ruleName }) => ruleName === 'u').length, 2);
  assert.deepEqual(
    correlations.map(({ ruleName, raises, newly, gone, unknownThen, heldBack }) => {
      return [ruleName, raises, newly, gone, unknownThen, heldBack];
    }),
    [
      ['x', 2, 0, 0, 0, 0],
      ['y', 3, 0, 0, 0, 0],
      ['z', 2, 0, 0, 0, 0],
      ['w', 0, 0, 0, 0, 0],
      ['v', 2, 0, 0, 0, 1],
      ['u', 0, 0, 0, 0, 0],
    ],
  );
  later(rows, rules);
  await reviewedLate(rows, { rules, gateway });
  await changed(rows, gateway);
});

/** What a reviewer said of the record of a finding that no exchange completed counts for its correlation. */
async function reviewedLate(
  rows: readonly KeptRow[],
  { rules, gateway }: { readonly rules: RuleSet; readonly gateway: TestGateway },
): Promise<void> {
  const [first, ...others] = await gateway.ledger.listFlagged({ rule: 'w' });
  assert.ok(first);
  const review = { comment: '', reviewer: 'r' };
  await gateway.ledger.saveReview({ ...review, exchangeId: first.exchangeId, verdict: 'correct' });
  for (const { exchangeId } of others)
    await gateway.ledger.saveReview({ ...review, exchangeId, verdict: 'false_alarm' });
  const store = configSchema.parse({ data: join(gateway.folder, 'data') });
  const figuresOf = (seen: readonly KeptRow[], reviewed: Reviewed) => {
    const side = sideOf(rules);
    for (const row of seen) judge(side, row);
    const at = endAt(new Date(Date.now() + 60_000), reviewed);
    const { correlations } = side.report(at);
    assert.deepEqual(side.report(at).correlations, correlations, 'however often it is asked');
    const w = correlations.find(({ ruleName }) => ruleName === 'w');
    return [w?.reviewed, w?.precision?.value, w?.precision?.of, w?.recall?.value, w?.recall?.of];
  };
  const all = await readReviewed(store, {});
  const count = others.length + 1;
  assert.deepEqual(figuresOf(rows, all), [count, 1 / count, count, 1, 1]);
  assert.deepEqual(
    figuresOf([], all),
    [count, undefined, undefined, 0, 1],
    'what does not come again is missed',
  );
  const since = new Date(Date.parse(first.endedAt) + 60_000).toISOString();
  const after = await readReviewed(store, { since });
  assert.deepEqual(figuresOf([], after), [0, undefined, undefined, undefined, undefined]);
}

/** From where the history begins nothing is counted. */
function later(rows: readonly KeptRow[], rules: RuleSet): void {
  const side = sideOf(rules);
  for (const row of rows.slice(3)) judge(side, row);
  const [x, y] = side.report(endAt(new Date())).correlations;
  assert.deepEqual([x?.fires, x?.firedThen, x?.gone], [1, 1, 0]);
  assert.deepEqual([y?.fires, y?.firedThen, y?.gone], [2, 3, 1]);
}

/** What a rule cannot be judged on, correlations cannot hear. */
async function changed(rows: readonly KeptRow[], gateway: TestGateway): Promise<void> {
  const file = join(gateway.rulesFolder, 'a.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('{concept: deception}', '{feature: 99}'));
  const side = sideOf(await loaded(gateway));
  for (const row of rows) {
    const { correlated: _, ...old } = decodeExchange(row.data ?? new Uint8Array());
    judge(side, { ...row, data: encodeExchange(old) });
  }
  const { correlations } = side.report(endAt(new Date(0)));
  assert.deepEqual(
    correlations.map(({ ruleName, unheard, fires, gone, unknownThen, waiting, late }) => {
      return [ruleName, unheard, fires, gone, unknownThen, waiting + late > 0];
    }),
    [
      ['x', 9, 0, 0, 9, false],
      ['y', 9, 0, 0, 9, false],
      ['z', 9, 0, 0, 9, false],
      ['w', 0, 0, 0, 9, true],
      ['v', 0, 2, 0, 9, false],
      ['u', 0, 0, 0, 9, true],
    ],
  );
}

const byName = (a: { ruleName: string }, b: { ruleName: string }) => a.ruleName.localeCompare(b.ruleName);
