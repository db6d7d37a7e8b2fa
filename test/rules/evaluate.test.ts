import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  advance,
  beginSegment,
  type Finding,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { ruleSetOf, ruleText } from './rule-text.ts';

type Row = Readonly<Record<number, number>>;

const OUTPUT: SegmentRef = {
  id: 'response/0',
  target: 'output',
  role: 'assistant',
  pointer: '/choices/0/message/content',
  choice: 0,
};

/** Detection of several conditions; `condition` decides how they are joined. */
const THREE = `
      lies: {signal: {concept: deception}, above: 4}
      seeks: {signal: {concept: power_seeking}, above: 2}
      breaks: {signal: {concept: jailbreak}, above: 3}
      tells: {signal: {feature: 7}, aggregate: mean, above: 0.5}
      lasts: {signal: {feature: 30}, above: 2, for: {tokens: 2, of: 4, until: 1}}
      turns: {signal: {feature: 20}, above: 2, then: {signal: {feature: 30}, above: 2, within: 5}}
      leans: {signal: {concept: deception}, minus: {feature: 20}, aggregate: ema, window: 3, above: 3}
      often: {signal: {feature: 10}, aggregate: count_above, token_above: 2, above: 2}`;

const CONDITIONS = [
  'lies',
  'seeks',
  'breaks',
  'tells',
  'lies and seeks',
  'lies or tells',
  'not lies',
  'seeks and not tells',
  '2 of them',
  'all of them',
  'not not breaks',
  'lasts',
  'turns or leans',
  'often and not lasts',
];

/** Runs rows through the rules in batches of these sizes (the last takes the rest). */
function run(ruleSet: RuleSet, rows: readonly Row[], sizes: readonly number[]) {
  let state = beginSegment(ruleSet, OUTPUT);
  const early: { readonly afterTokens: number; readonly finding: Finding }[] = [];
  let first = 0;
  for (const size of [...sizes, rows.length]) {
    const batch = activationsOf(rows.slice(first, first + size), ruleSet.signalsFor('output'), first);
    const step = advance(ruleSet, state, batch);
    first += batch.tokens.length;
    early.push(...step.findings.map((finding) => ({ afterTokens: first, finding })));
    state = step.state;
  }
  const { findings, settled } = finish(ruleSet, state);
  return { early, findings: [...early.map(({ finding }) => finding), ...findings], settled };
}

const byRule = (findings: readonly Finding[]) =>
  [...findings].sort((a, b) => a.ruleName.localeCompare(b.ruleName));

const rowArbitrary: fc.Arbitrary<Row> = fc
  .dictionary(
    fc.constantFrom('7', '10', '11', '12', '20', '21', '30', '32'),
    fc.float({ min: 0, max: 6, noNaN: true }),
  )
  .map((row) => row as Row);

test('findings are the same however the activations were split', async (t) => {
  const rules = CONDITIONS.map((condition, i) => {
    const id = `5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a${(16 + i).toString(16)}`;
    const parts = { id, name: `rule-${i}`, detection: THREE, condition };
    return ruleText(parts).replace('version: 1\nrules:\n', '');
  });
  const ruleSet = await ruleSetOf(t, `version: 1\nrules:\n${rules.join('')}`);
  const property = fc.property(
    fc.array(rowArbitrary, { maxLength: 24 }),
    fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 8 }),
    (rows, sizes) => {
      const whole = run(ruleSet, rows, []);
      const split = run(ruleSet, rows, sizes);
      assert.deepEqual(byRule(split.findings), byRule(whole.findings));
      assert.deepEqual(split.settled, whole.settled);
      const matched = byRule(split.settled).map(({ ruleName }) => ruleName);
      assert.deepEqual(
        byRule(split.findings).map(({ ruleName }) => ruleName),
        matched,
        'nothing is withdrawn',
      );
    },
  );
  fc.assert(property, { numRuns: 300 });
});

/** Feeds rows token by token to a set of one rule. */
async function feed(
  t: { after(done: () => Promise<void>): void },
  parts: Readonly<Record<string, string>>,
  rows: readonly Row[],
) {
  const ruleSet = await ruleSetOf(t, ruleText(parts));
  return run(
    ruleSet,
    rows,
    rows.map(() => 1),
  );
}

test('a rule fires at the first token that decides, with the numbers of that token', async (t) => {
  const { early, settled } = await feed(t, {}, [{ 10: 1 }, { 10: 2.5, 11: 1 }, { 10: 5 }]);
  assert.equal(early.length, 1);
  assert.equal(early[0]?.afterTokens, 2);
  assert.deepEqual(early[0]?.finding.span, { start: 4, end: 8 });
  const [condition] = early[0]?.finding.conditions ?? [];
  assert.equal(condition?.value, 6);
  assert.equal(condition?.threshold, 4);
  assert.equal(condition?.margin, 2);
  assert.equal(settled[0]?.conditions[0]?.value, 10, 'what is recorded is the whole segment');
  assert.deepEqual(settled[0]?.span, { start: 8, end: 12 });
});

test('a value equal to the threshold does not fire', async (t) => {
  const { findings } = await feed(t, {}, [{ 10: 2 }]);
  assert.deepEqual(findings, []);
});

test('a rarity is resolved to the value of the calibration, and the promise goes into the finding', async (t) => {
  const detection = '{deceives: {signal: {concept: deception}, rarer_than: 1/1000}}';
  const { settled } = await feed(t, { detection }, [{ 10: 6 }]);
  const [condition] = settled[0]?.conditions ?? [];
  assert.equal(condition?.threshold, 9.99);
  assert.equal(condition?.rate, 0.001);
  assert.deepEqual(condition?.rateInterval, [0.0005, 0.002]);
});

const decisions: readonly (readonly [
  title: string,
  parts: Readonly<Record<string, string>>,
  rows: readonly Row[],
  earlyAfter: number | null,
  matches: boolean,
])[] = [
  ['a maximum decides at once', {}, [{ 10: 3 }, {}, {}], 1, true],
  [
    'a rolling mean decides at once',
    { detection: '{deceives: {signal: {concept: jailbreak}, above: 3}}' },
    [{ 30: 4 }, {}, {}],
    1,
    true,
  ],
  [
    'a top-k mean of fewer than k tokens waits, for it may fall',
    { detection: '{deceives: {signal: {concept: power_seeking}, above: 3}}' },
    [{ 20: 4 }, {}, {}],
    null,
    false,
  ],
  [
    'a top-k mean decides with its k-th token',
    { detection: '{deceives: {signal: {concept: power_seeking}, above: 3}}' },
    [{ 20: 4 }, { 20: 2 }, {}, { 20: 4 }],
    3,
    true,
  ],
  [
    'a mean waits for the end',
    { detection: '{deceives: {signal: {feature: 7}, aggregate: mean, above: 1}}' },
    [{ 7: 9 }, {}, {}],
    null,
    true,
  ],
  ['a negation waits for the end', { condition: 'not deceives' }, [{}, {}], null, true],
  ['a negation met late does not fire', { condition: 'not deceives' }, [{}, {}, { 10: 9 }], null, false],
  ['two negations decide as none', { condition: 'not (not deceives)' }, [{ 10: 3 }, {}], 1, true],
];

for (const [title, parts, rows, earlyAfter, matches] of decisions) {
  test(title, async (t) => {
    const { early, settled } = await feed(t, parts, rows);
    assert.equal(early[0]?.afterTokens ?? null, earlyAfter);
    assert.equal(settled.length, matches ? 1 : 0);
  });
}

test('a segment without tokens has no findings, not even of a negation', async (t) => {
  const { settled, findings } = await feed(t, { condition: 'not deceives' }, []);
  assert.deepEqual([settled, findings], [[], []]);
});

test('the shares of positive contributions sum to 1, strongest first, over the span alone', async (t) => {
  const detection =
    '{deceives: {signal: {concept: deception}, aggregate: max_rolling_mean, window: 2, above: 4}}';
  const rows: Row[] = [{ 11: 3 }, {}, { 10: 3, 11: 1 }, { 10: 3, 12: 1 }];
  const { settled } = await feed(t, { detection }, rows);
  assert.deepEqual([settled[0]?.firstToken, settled[0]?.lastToken], [2, 3]);
  const features = settled[0]?.features ?? [];
  assert.deepEqual(
    features.map(({ index, value, label }) => [index, value, label]),
    [
      [10, 3, null],
      [11, 0.5, null],
    ],
  );
  const shares = features.map(({ share }) => share);
  assert.ok(Math.abs((shares[0] ?? 0) - 6 / 6.5) < 1e-12, `${shares[0]}`);
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
});

test('a feature signal has itself as its only share, under its label', async (t) => {
  const { settled } = await feed(t, { detection: '{deceives: {signal: {feature: apologies}, above: 1}}' }, [
    { 7: 2 },
  ]);
  assert.deepEqual(settled[0]?.features, [{ index: 7, label: 'apologies', value: 2, share: 1 }]);
});

test('a finding of a top-k mean spans the tokens above the threshold', async (t) => {
  const detection = '{deceives: {signal: {concept: power_seeking}, above: 1}}';
  const { settled } = await feed(t, { detection }, [{}, { 20: 2 }, {}, { 20: 3 }, { 20: 0.2 }]);
  assert.deepEqual([settled[0]?.firstToken, settled[0]?.lastToken], [1, 3]);
});

test('only conditions that speak for the match are told: met, and not under a negation', async (t) => {
  const parts = { detection: THREE, condition: 'lies and not (seeks and tells) or breaks' };
  const { settled } = await feed(t, parts, [{ 10: 5 }, { 20: 9 }, { 20: 9 }]);
  assert.deepEqual(
    settled[0]?.conditions.map(({ name }) => name),
    ['lies'],
  );
  assert.deepEqual([settled[0]?.firstToken, settled[0]?.lastToken], [0, 0]);
});

test('a rule that is off is not evaluated, and asks for no signal', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText({ mode: 'off' }));
  assert.deepEqual([ruleSet.signals, ruleSet.signalsFor('output')], [[], []]);
  assert.equal(ruleSet.rules.length, 1);
});

test('only a rule that enforces an action holds its target back', async (t) => {
  const held = async (parts: Readonly<Record<string, string>>) => {
    const ruleSet = await ruleSetOf(t, ruleText(parts));
    return (['input', 'output'] as const).map((target) => ruleSet.enforces(target));
  };
  assert.deepEqual(await held({ mode: 'enforce', action: 'block' }), [false, true]);
  assert.deepEqual(await held({ mode: 'enforce', action: 'redact', target: 'any' }), [true, true]);
  assert.deepEqual(await held({ mode: 'enforce', action: 'flag' }), [false, false]);
  assert.deepEqual(await held({ mode: 'flag', action: 'block' }), [false, false]);
});

test('tokens out of order, a missing signal and a second end are broken promises', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText());
  const state = beginSegment(ruleSet, OUTPUT);
  const late = activationsOf([{}], ruleSet.signals, 3);
  assert.throws(() => advance(ruleSet, state, late), { name: 'RulesError', code: 'TOKENS_OUT_OF_ORDER' });
  const bare = activationsOf([{}], []);
  assert.throws(() => advance(ruleSet, state, bare), { name: 'RulesError', code: 'SIGNAL_MISSING' });
  const ended = finish(ruleSet, state).state;
  assert.throws(() => finish(ruleSet, ended), { name: 'RulesError', code: 'SEGMENT_FINISHED' });
});

test('a state can be gone back to: trying provisional tokens changes nothing', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText());
  const first = advance(ruleSet, beginSegment(ruleSet, OUTPUT), activationsOf([{}], ruleSet.signals)).state;
  const hit = advance(ruleSet, first, activationsOf([{ 10: 9 }], ruleSet.signals, 1));
  assert.equal(hit.findings.length, 1);
  const miss = advance(ruleSet, first, activationsOf([{}], ruleSet.signals, 1));
  assert.equal(finish(ruleSet, miss.state).settled.length, 0);
});

test('finding where a rule was decided reads a batch about twice, however long it is', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText());
  const count = 4096;
  const rows = Array.from({ length: count }, (_, i): Row => (i === 3000 ? { 10: 9 } : {}));
  const activations = activationsOf(rows, ruleSet.signals);
  let read = 0;
  const tokens = Object.assign([...activations.tokens], {
    slice(from = 0, to = count) {
      read += to - from;
      return activations.tokens.slice(from, to);
    },
  });
  const { findings } = advance(ruleSet, beginSegment(ruleSet, OUTPUT), { ...activations, tokens });
  assert.deepEqual([findings[0]?.firstToken, findings[0]?.lastToken], [3000, 3000]);
  assert.ok(read <= 3 * count, `${read} tokens of ${count}`);
});
