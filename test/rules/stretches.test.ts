import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  actingRules,
  advance,
  beginSegment,
  createStretchFinder,
  fieldsOf,
  finish,
  inShadow,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { ruleSetOf, ruleText } from './rule-text.ts';

const segment: SegmentRef = { id: 'a', target: 'output', role: 'assistant', pointer: '', choice: null };
const redacting = (detection: string, condition = 'met') =>
  ruleText({ mode: 'enforce', action: 'redact', detection, condition });

const max = '{met: {signal: {feature: 1}, above: 4, aggregate: max}}';
const rolling = '{met: {signal: {feature: 1}, above: 3, aggregate: max_rolling_mean, window: 3}}';
const sustained = '{met: {signal: {feature: 1}, above: 3, for: {tokens: 2, of: 4}}}';
const pair = '{met: {signal: {feature: 1}, above: 3, then: {signal: {feature: 2}, above: 2, within: 3}}}';

/** Detections, and a tool that only a segment tells. */
const inCalls = (a: string, b = a) =>
  `{a: ${a.slice(6, -1)}, b: ${b.slice(6, -1)}, shell: {field: tool, glob: "shell_*"}}`;

const reaches: [name: string, detection: string, condition: string, reach: number | null][] = [
  ['a maximum', max, 'met', 1],
  ['a rolling mean', rolling, 'met', 3],
  ['so many of so many', sustained, 'met', 4],
  ['one after another', pair, 'met', 4],
  ['a mean', '{met: {signal: {feature: 1}, above: 4, aggregate: mean}}', 'met', null],
  ['a sum', '{met: {signal: {feature: 1}, above: 4, aggregate: sum}}', 'met', null],
  [
    'the highest anywhere',
    '{met: {signal: {feature: 1}, above: 4, aggregate: top_k_mean, window: 2}}',
    'met',
    null,
  ],
  ['alternatives', `{a: ${max.slice(6, -1)}, b: ${rolling.slice(6, -1)}}`, 'a or b', 3],
  ['what must come together', `{a: ${max.slice(6, -1)}, b: ${rolling.slice(6, -1)}}`, 'a and b', null],
  ['what must not come', `{a: ${max.slice(6, -1)}, b: ${rolling.slice(6, -1)}}`, 'a and not b', null],
  ['a maximum in calls of a tool', inCalls(max), 'a and shell', 1],
  ['a maximum in all calls but one tool’s', inCalls(max), 'a and not shell', 1],
  [
    'a mean in calls of a tool',
    inCalls('{met: {signal: {feature: 1}, above: 4, aggregate: mean}}'),
    'a and shell',
    null,
  ],
  ['a maximum anywhere or more in calls of a tool', inCalls(max, rolling), 'a or (shell and b)', 3],
  ['what must come together but in calls of a tool', inCalls(max, rolling), 'b and (shell or a)', null],
];

for (const [name, detection, condition, reach] of reaches) {
  test(`a match of ${name} reaches back over ${reach ?? 'any number of'} tokens`, async (t) => {
    const ruleSet = await ruleSetOf(t, redacting(detection, condition));
    assert.deepEqual(
      actingRules(ruleSet, 'output', {}).map((rule) => [rule.action, rule.reach]),
      [['redact', reach]],
    );
    assert.deepEqual(actingRules(ruleSet, 'input', {}), []);
    assert.equal(
      actingRules(ruleSet, 'output', {}),
      actingRules(ruleSet, 'output', { conversation: 'another' }),
      'worked out once for all exchanges with the same plan',
    );
  });
}

const rows = fc.array(fc.record({ 1: fc.integer({ min: 0, max: 8 }), 2: fc.integer({ min: 0, max: 5 }) }), {
  minLength: 1,
  maxLength: 24,
});
const SIGNALS = ['feature/1', 'feature/2'] as const;

/** Stretches as [first, last] token, each with how many tokens had been read when it was told. */
function stretchesOf(
  ruleSet: RuleSet,
  values: readonly Record<number, number>[],
  { cuts = [], place = segment }: { readonly cuts?: readonly number[]; readonly place?: SegmentRef } = {},
) {
  const finder = createStretchFinder(ruleSet, place, fieldsOf(place));
  assert.ok(finder !== null);
  let state = beginSegment(ruleSet, place);
  const places = [0, ...cuts.map((cut) => cut % (values.length + 1)).sort((a, b) => a - b), values.length];
  const told = places.slice(1).flatMap((to, i) => {
    const activations = activationsOf(values.slice(places[i], to), SIGNALS, places[i]);
    state = advance(ruleSet, state, activations).state;
    return finder
      .advance(activations)
      .map(({ start, end }) => ({ span: [start / 4, end / 4 - 1], read: to }));
  });
  const { settled } = finish(ruleSet, state);
  return { told, late: finder.finish(settled), settled };
}

/** What is asked of fields is settled before the first token, and keeps nothing back. */
const STRETCHING: readonly [detection: string, condition?: string, exceptions?: string][] = [
  [max],
  [rolling],
  [sustained],
  [pair],
  [inCalls(max), 'a and shell'],
  [inCalls(max), 'a and not shell'],
  [inCalls(max, rolling), 'a or (shell and b)'],
  [max, 'met', '[{name: others, fields: [tool], values: [[another]]}]'],
];

for (const [detection, condition = 'met', exceptions = '[]'] of STRETCHING) {
  test(`every token of a finding is in a stretch, however the tokens were cut: ${condition} of ${detection}, but ${exceptions}`, async (t) => {
    const parts = { mode: 'enforce', action: 'redact', detection, condition };
    const ruleSet = await ruleSetOf(t, ruleText({ ...parts, ...(exceptions !== '[]' && { exceptions }) }));
    const place = condition.includes('not shell') ? segment : { ...segment, tool: 'shell_exec' };
    const reach = actingRules(ruleSet, 'output', {})[0]?.reach ?? 0;
    fc.assert(
      fc.property(rows, fc.array(fc.nat(), { maxLength: 5 }), (values, cuts) => {
        const whole = stretchesOf(ruleSet, values, { place });
        const cut = stretchesOf(ruleSet, values, { cuts, place });
        const spans = ({ told }: typeof whole) => told.map(({ span }) => String(span)).sort();
        assert.deepEqual(spans(cut), spans(whole));
        for (const { span } of whole.told) assert.ok((span[1] ?? 0) - (span[0] ?? 0) < reach);
        // A finding of several conditions spans what lies between theirs too.
        for (const { firstToken, lastToken, conditions } of whole.settled) {
          if (conditions.length > 1) continue;
          for (let token = firstToken; token <= lastToken; token++) {
            assert.ok(whole.told.some(({ span: [from = 0, to = 0] }) => from <= token && token <= to));
          }
        }
        assert.equal(whole.told.length > 0, whole.settled.length > 0);
      }),
    );
  });
}

test('what only the end can tell is taken out at the end', async (t) => {
  const ruleSet = await ruleSetOf(t, redacting('{met: {signal: {feature: 1}, above: 3, aggregate: mean}}'));
  const { told, late } = stretchesOf(ruleSet, [{ 1: 8 }, { 1: 0 }]);
  assert.deepEqual([told, late], [[], [{ start: 0, end: 8 }]]);
});

test('a rule set in shadow still finds, and nothing of it acts', async (t) => {
  const ruleSet = await ruleSetOf(t, redacting(max));
  const shadow = inShadow(ruleSet);
  assert.deepEqual([ruleSet.enforces('output'), shadow.enforces('output')], [true, false]);
  assert.deepEqual(actingRules(shadow, 'output', {}), []);
  assert.equal(createStretchFinder(shadow, segment, {}), null);
  assert.deepEqual(
    shadow.rules.map(({ mode }) => mode),
    ['shadow'],
  );
  const { state } = advance(shadow, beginSegment(shadow, segment), activationsOf([{ 1: 8 }], SIGNALS));
  assert.deepEqual(
    finish(shadow, state).settled.map(({ mode }) => mode),
    ['shadow'],
  );
});
