import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, beginSegment, finish, type SegmentRef } from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { loadTexts, ruleSetOf, ruleText, shown } from './rule-text.ts';

type Row = Readonly<Record<number, number>>;

const OUTPUT: SegmentRef = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null };

/** Feeds rows token by token to a rule of one condition. */
async function feed(t: { after(done: () => Promise<void>): void }, condition: string, rows: readonly Row[]) {
  const ruleSet = await ruleSetOf(t, ruleText({ detection: `{deceives: ${condition}}` }));
  let state = beginSegment(ruleSet, OUTPUT);
  let earlyAfter: number | null = null;
  for (const [i, row] of rows.entries()) {
    const step = advance(ruleSet, state, activationsOf([row], ruleSet.signals, i));
    if (step.findings.length > 0) earlyAfter ??= i + 1;
    state = step.state;
  }
  const [finding] = finish(ruleSet, state).settled;
  return { ruleSet, earlyAfter, finding };
}

const of1 = (...values: number[]): Row[] => values.map((value) => ({ 1: value }));

const cases: readonly (readonly [
  condition: string,
  rows: readonly Row[],
  earlyAfter: number | null,
  fires: boolean,
])[] = [
  ['{signal: {feature: 1}, aggregate: sum, above: 5}', of1(3, 3, 0), null, true],
  ['{signal: {feature: 1}, aggregate: sum, above: 6}', of1(3, 3, 0), null, false],
  ['{signal: {feature: 1}, aggregate: count_above, token_above: 1, above: 2}', of1(2, 1, 2, 2, 0), 4, true],
  ['{signal: {feature: 1}, aggregate: ema, window: 3, above: 2.9}', of1(0, 4, 4, 0), 3, true],
  ['{signal: {feature: 1}, aggregate: ema, window: 3, above: 3}', of1(0, 4, 4, 0), null, false],
  ['{signal: {feature: 1}, above: 1, for: {tokens: 2, of: 3}}', of1(2, 0, 2, 0), 3, true],
  ['{signal: {feature: 1}, above: 1, for: {tokens: 2, of: 3}}', of1(2, 0, 0, 2), null, false],
  ['{signal: {feature: 1}, above: 1, for: {tokens: 2, of: 2, until: 0.5}}', of1(2, 0.7), 2, true],
  ['{signal: {feature: 1}, above: 1, for: {tokens: 2, of: 2, until: 0.5}}', of1(2, 0.5, 0.7), null, false],
  ['{signal: {feature: 1}, minus: {feature: 2}, above: 1}', [{ 1: 3, 2: 2.5 }, { 1: 2 }], 2, true],
  [
    '{signal: {feature: 1}, minus: {feature: 2}, above: 1}',
    [
      { 1: 3, 2: 2.5 },
      { 1: 2, 2: 1 },
    ],
    null,
    false,
  ],
  [
    '{signal: {feature: 1}, above: 1, then: {signal: {feature: 2}, above: 3, within: 2}}',
    [{ 1: 2 }, {}, { 2: 4 }],
    3,
    true,
  ],
  [
    '{signal: {feature: 1}, above: 1, then: {signal: {feature: 2}, above: 3, within: 2}}',
    [{ 1: 2 }, {}, {}, { 2: 4 }],
    null,
    false,
  ],
  [
    '{signal: {feature: 1}, above: 1, then: {signal: {feature: 2}, above: 3, within: 2}}',
    [{ 1: 2, 2: 4 }, { 1: 2 }],
    null,
    false,
  ],
];

for (const [condition, rows, earlyAfter, fires] of cases) {
  test(`${condition} ${fires ? 'fires' : 'is quiet'} on ${JSON.stringify(rows)}`, async (t) => {
    const found = await feed(t, condition, rows);
    assert.equal(found.finding !== undefined, fires);
    assert.equal(found.earlyAfter, earlyAfter);
  });
}

test('a pair is told as two conditions, each with its own token, threshold and features', async (t) => {
  const condition = '{signal: {feature: 1}, above: 1, then: {signal: {feature: 2}, above: 3, within: 9}}';
  const { finding } = await feed(t, condition, [{}, { 1: 2 }, {}, { 2: 4 }]);
  const told = finding?.conditions.map(({ name, signal, value, threshold, margin }) => [
    name,
    signal,
    value,
    threshold,
    margin,
  ]);
  assert.deepEqual(told, [
    ['deceives', 'feature/1', 2, 1, 1],
    ['deceives.then', 'feature/2', 4, 3, 1],
  ]);
  assert.deepEqual([finding?.firstToken, finding?.lastToken, finding?.span], [1, 3, { start: 4, end: 16 }]);
  assert.deepEqual(
    finding?.features.map(({ index }) => index),
    [1, 2],
  );
});

test('of a difference the features of the second signal speak against it', async (t) => {
  const condition = '{signal: {concept: deception}, minus: {feature: 11}, above: 4}';
  const { finding, ruleSet } = await feed(t, condition, [{ 10: 3, 11: 1 }]);
  assert.deepEqual(ruleSet.signals, ['concept/deception', 'feature/11']);
  assert.deepEqual([finding?.conditions[0]?.value, finding?.conditions[0]?.minus], [6, 'feature/11']);
  assert.deepEqual(
    finding?.features.map(({ index, share }) => [index, share]),
    [[10, 1]],
    'feature 11 weighs 1 in the concept and 1 against it',
  );
});

test('a rate for single tokens is kept by what asks more of them', async (t) => {
  const condition = '{signal: {concept: deception}, rarer_than: 1/1000, for: {tokens: 2, of: 2}}';
  const { finding } = await feed(t, condition, [{ 10: 5 }, { 10: 5 }]);
  assert.deepEqual([finding?.conditions[0]?.threshold, finding?.conditions[0]?.rate], [9.99, 0.001]);
});

const refused: readonly (readonly [condition: string, expected: string])[] = [
  [
    '{signal: {feature: 1}, aggregate: ema, above: 1}',
    'deceives.window goes with aggregate top_k_mean, max_rolling_mean or ema, and with no other',
  ],
  [
    '{signal: {feature: 1}, aggregate: count_above, above: 1}',
    'deceives.token_above goes with aggregate count_above, and with no other',
  ],
  [
    '{signal: {feature: 1}, aggregate: sum, rarer_than: 1/100}',
    'rarer_than 1/100: no calibration: feature/1 has no calibration for sum; learn it from your own ordinary traffic with telltale rules calibrate TRAFFIC.jsonl, or give the threshold with above',
  ],
  [
    '{signal: {feature: 1}, minus: {feature: 2}, rarer_than: 1/100}',
    'rarer_than 1/100: no calibration: feature/1 minus feature/2 has no calibration for max; learn it from your own ordinary traffic with telltale rules calibrate TRAFFIC.jsonl, or give the threshold with above',
  ],
  ['{signal: {feature: 1}, minus: {feature: 1}, above: 1}', 'minus: feature/1 taken off itself is nothing'],
  [
    '{signal: {feature: 1}, minus: {concept: decepton}, above: 1}',
    'unknown concept "decepton" in featureset tiny; did you mean "deception"?',
  ],
  [
    '{signal: {feature: 1}, above: 1, for: {tokens: 3, of: 2}}',
    'for.of must be at least as many as tokens, it is 2',
  ],
  [
    '{signal: {feature: 1}, above: 1, for: {tokens: 1, of: 2, until: 1.5}}',
    'for.until must be at most above, which is 1, it is 1.5',
  ],
  [
    '{signal: {concept: deception}, rarer_than: 1/1000, for: {tokens: 1, of: 2, until: 11}}',
    'for.until: 11 is above the threshold 9.99',
  ],
  [
    '{signal: {feature: 1}, above: 1, for: {tokns: 1, of: 2}}',
    'unknown key "tokns" in deceives.for; did you mean "tokens"?',
  ],
  [
    '{signal: {feature: 1}, above: 1, aggregate: mean, for: {tokens: 1, of: 2}}',
    'deceives.aggregate does not go with for, which looks at tokens, it is "mean"',
  ],
  [
    '{signal: {feature: 1}, above: 1, then: {signal: {feature: 2}, within: 2}}',
    'deceives.then must have exactly one of above, rarer_than',
  ],
  [
    '{signal: {feature: 1}, above: 1, then: {signal: {feature: 200}, above: 1, within: 2}}',
    'feature 200 is past the dictionary of tiny, whose features are 0 to 99',
  ],
];

for (const [condition, expected] of refused) {
  test(`${condition} is refused within it`, async (t) => {
    const result = await loadTexts(t, [ruleText({ detection: `{deceives: ${condition}}` })]);
    assert.equal(result.ok, false);
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    const said = errors.filter(({ message }) => message.includes(expected));
    assert.equal(said.length, 1, shown(errors).join('\n'));
    assert.ok((said[0]?.column ?? 0) > 15 && said[0]?.line === 12, shown(errors).join('\n'));
  });
}
