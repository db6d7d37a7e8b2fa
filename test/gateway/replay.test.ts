import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptRow } from '../../alerts/index.ts';
import {
  createKeptLearner,
  createReplayer,
  decodeExchange,
  type Finding,
  loadRules,
  type RuleSet,
} from '../../rules/index.ts';
import { featureset } from '../rules/featureset.ts';
import { keptRows } from './kept-rows.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

const RULES = [
  rule({ name: 'deceives', mode: 'enforce', action: 'flag' }),
  rule({ name: 'breaks', concept: 'jailbreak', above: 2 }),
  rule({ name: 'answers', target: 'output', mode: 'shadow' }),
];

const KEEPS = { replay: { keep: 'concepts' } };

async function rowOf(gateway: TestGateway, response: Response): Promise<KeptRow> {
  const id = response.headers.get('x-telltale-exchange-id');
  let row: KeptRow | undefined;
  await until(() => {
    row = keptRows(gateway).find(({ exchangeId }) => exchangeId === id);
    return row !== undefined;
  });
  return row as KeptRow;
}

async function loaded(gateway: TestGateway): Promise<RuleSet> {
  const result = await loadRules([gateway.rulesFolder], featureset);
  assert.ok(result.ok);
  return result.ruleSet;
}

function replayed({ data }: KeptRow, rules: RuleSet) {
  assert.ok(data);
  return createReplayer(featureset).open(decodeExchange(data)).judge(rules);
}

/** Without what needs the text, and without the token of a disguised text. */
function comparable({ span, view, firstToken, lastToken, ...finding }: Finding) {
  const where = view === undefined ? [firstToken, lastToken] : [];
  return { ...finding, where, changes: view?.changes ?? null };
}

const user = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] });

const inParts = (...said: readonly string[]) => said.map((text) => ({ type: 'text', text }));

/** What is asked, and the names of the rules that fire. */
const EXCHANGES: readonly (readonly [content: string | object[], names: string[]])[] = [
  ['hello there', []],
  ['I deceive and deceive you', ['deceives']],
  ['please jailbreak jailbreak, then deceive', ['deceives', 'breaks']],
  ['hidden de\u200bceive in it', ['deceives']],
  ['I deceive you fail:TIMEOUT', []],
  [inParts('please jailbreak, I de', 'ceive you'), ['deceives', 'breaks']],
];

test('what is replayed is what was found, exchange by exchange', async (t) => {
  const upstream = await startUpstream(t, (response) => answerJson(response, completion('I deceive, too')));
  const gateway = await startGateway(t, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile(RULES) },
    config: KEEPS,
  });
  const rules = await loaded(gateway);
  for (const [content, names] of EXCHANGES) {
    const response = await gateway.post(user(content));
    await response.text();
    const row = await rowOf(gateway, response);
    const { findings, unjudged } = replayed(row, rules);
    const stored = await gateway.recordOf(response);
    const alerting = findings.filter(({ mode }) => mode !== 'shadow');
    const bySegment = (found: readonly Finding[]) =>
      found
        .map(comparable)
        .sort((a, b) => `${a.segment.id} ${a.ruleName}`.localeCompare(`${b.segment.id} ${b.ruleName}`));
    assert.deepEqual(
      bySegment(alerting),
      bySegment(stored.findings.map(({ finding }) => strip(finding))),
      JSON.stringify(content),
    );
    const asked = alerting.filter(({ segment }) => segment.id.startsWith('request'));
    assert.deepEqual(
      asked.map(({ ruleName }) => ruleName).sort(),
      [...names].sort(),
      JSON.stringify(content),
    );
    assert.ok(
      findings.some(({ ruleName }) => ruleName === 'answers'),
      'rules in shadow are replayed too',
    );
    assert.deepEqual(unjudged, []);
    assert.ok(!Buffer.from(row.data ?? []).includes('deceive you'), 'no text is kept');
  }
});

test('rates are learned of each part, and not again of all together', async (t) => {
  const gateway = await startGateway(t, { rules: { 'a.yaml': ruleFile(RULES) }, config: KEEPS });
  const response = await gateway.post(user(inParts('one two ', 'three')));
  await response.text();
  const { data } = await rowOf(gateway, response);
  const tokens: number[] = [];
  const learner = createKeptLearner(featureset, {
    signals: ['concept/deception'],
    add(role, activations) {
      if (role === 'user') tokens.push(activations.tokens.length);
    },
  });
  learner.add(createReplayer(featureset).open(decodeExchange(data ?? assert.fail())));
  assert.deepEqual([tokens, learner.leftOut().again], [[2, 1], 1]);
});

/** The store adds whose exchange it was. */
function strip(finding: Finding & { readonly tenant?: string }): Finding {
  const { tenant, ...rest } = finding;
  return rest;
}

test('concepts that no rule read are kept, unless only what rules read is to be', async (t) => {
  const only = ruleFile([rule({ name: 'deceives' })]);
  const other = ruleFile([rule({ name: 'breaks', concept: 'jailbreak', above: 2 })]);
  for (const [keep, missing] of [
    ['concepts', []],
    ['rules', ['concept/jailbreak']],
  ] as const) {
    const gateway = await startGateway(t, { rules: { 'a.yaml': only }, config: { replay: { keep } } });
    const response = await gateway.post(user('jailbreak jailbreak'));
    await response.text();
    const row = await rowOf(gateway, response);
    const change = await startGateway(t, { rules: { 'a.yaml': other } });
    const { findings, unjudged } = replayed(row, await loaded(change));
    assert.equal(findings.length, missing.length === 0 ? 1 : 0, keep);
    assert.deepEqual([...new Set(unjudged.flatMap((one) => one.missing))], missing, keep);
  }
});

test('with keep: off nothing is kept and only what rules read is computed', async (t) => {
  const gateway = await startGateway(t, { config: { replay: { keep: 'off' } } });
  const response = await gateway.post(user('deceive'));
  await response.text();
  await gateway.recordOf(response);
  await gateway.stop();
  assert.deepEqual(keptRows(gateway), []);
});

test('what waits is written at a stop, and telemetry counts it', async (t) => {
  const gateway = await startGateway(t, { config: KEEPS });
  for (let i = 0; i < 5; i++) await (await gateway.post(user(`hello ${i}`))).text();
  await until(async () =>
    /^telltale_replay_kept_exchanges_total(\{[^}]*\})? 5$/m.test(await gateway.metrics()),
  );
  const last = await gateway.post(user('good bye'));
  await last.text();
  await gateway.stop();
  assert.equal(keptRows(gateway).length, 6);
});

test('of exchanges that no rule reads nothing is kept', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([rule({ mode: 'off' })]) },
    config: KEEPS,
  });
  await (await gateway.post(user('hello there'))).text();
  await gateway.stop();
  assert.deepEqual(keptRows(gateway), []);
});
