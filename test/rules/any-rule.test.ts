import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  advance,
  beginEvents,
  beginSegment,
  finish,
  judgeExchange,
  nextDue,
  observeEvents,
  passTime,
  type SegmentRef,
} from '../../rules/index.ts';
import { compileFiles } from '../../rules/load.ts';
import { runEventTests } from '../../rules/run-event-tests.ts';
import { activationsOf, featureset } from './featureset.ts';
import { ruleText } from './rule-text.ts';

const OUTPUT: SegmentRef = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null };

const small = fc.integer({ min: -1, max: 5 });
const word = fc.constantFrom('a', 'b', 'gpt-*', '(', '.*', '', 'é', 'a'.repeat(300));
const signal = fc.constantFrom<object>(
  { feature: 1 },
  { concept: 'deception' },
  { concept: 'nobody' },
  { probe: 'honesty' },
  { feature: 400 },
  {},
);
const threshold = fc.record(
  { above: small, rarer_than: fc.constantFrom('1/100', '1/99999', '2/1', 'x') },
  { requiredKeys: [] },
);
const comparand = fc.oneof(
  word,
  fc.array(word, { maxLength: 2 }),
  fc.constantFrom({ list: 'names' }, { list: 'no' }),
);

const wild = fc
  .tuple(
    fc.record(
      {
        signal,
        minus: signal,
        aggregate: fc.constantFrom('max', 'mean', 'sum', 'ema', 'count_above', 'top_k_mean', 'median'),
        window: small,
        token_above: small,
        per: fc.constantFrom('segment', 'exchange', 'token'),
        for: fc.record({ tokens: small, of: small, until: small }, { requiredKeys: [] }),
        field: fc.constantFrom('model', 'role', 'modle'),
        equals: comparand,
        glob: comparand,
        regex: comparand,
        ignore_case: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    threshold,
    fc.option(fc.record({ signal, within: small, above: small })),
  )
  .map(([keys, limit, next]) => ({
    ...keys,
    ...limit,
    ...(next === null ? {} : Object.fromEntries([['then', next]])),
  }));

const right = fc.constantFrom<object>(
  { signal: { feature: 1 }, above: 1 },
  { signal: { concept: 'deception' }, rarer_than: '1/100' },
  { signal: { feature: 1 }, minus: { feature: 10 }, aggregate: 'sum', above: 0 },
  { signal: { feature: 1 }, above: 1, for: { tokens: 2, of: 3, until: 0 } },
  // biome-ignore lint/suspicious/noThenProperty: the word is the language's.
  { signal: { feature: 10 }, above: 1, then: { signal: { feature: 1 }, above: 1, within: 3 } },
  { signal: { feature: 1 }, aggregate: 'ema', window: 2, above: 1 },
  { field: 'model', equals: { list: 'names' } },
  { signal: { feature: 1 }, aggregate: 'mean', above: 1, per: 'exchange' },
  { signal: { feature: 1 }, aggregate: 'top_k_mean', window: 2, above: 1, per: 'exchange' },
);
/** A right condition, or any keys of one in any company. */
const condition = fc.oneof({ weight: 20, arbitrary: right }, { weight: 1, arbitrary: wild });

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 1, nil: undefined });
const offset = fc.constantFrom('0s', '1m', '2h', '-1s', 'soon');
const eventTest = fc.record(
  {
    name: fc.constantFrom('one', ''),
    events: fc.array(fc.record({ at: offset, rule: fc.constantFrom('deceives', 'c', 'no') }), {
      maxLength: 3,
    }),
    until: offset,
    expect: fc.oneof(fc.constantFrom('quiet', 'fire'), fc.array(offset, { maxLength: 2 })),
  },
  { requiredKeys: ['name', 'events', 'expect'] },
);
const correlation = fc.record(
  {
    type: fc.constantFrom('event_count', 'temporal', 'temporal_ordered', 'value_count'),
    rules: fc.array(fc.constantFrom('deceives', 'c', 'no'), { maxLength: 3 }),
    unless: fc.array(fc.constantFrom('deceives', 'c'), { maxLength: 1 }),
    unless_then: fc.record({
      rules: fc.array(fc.constantFrom('deceives', 'c', 'no'), { maxLength: 2 }),
      within: fc.constantFrom('5s', '1m', '0s', '99d'),
    }),
    tests: fc.array(eventTest, { maxLength: 2 }),
    timespan: fc.constantFrom('1m', '99d', '1'),
    condition: fc.record({ gte: small, gt: small, lte: small, lt: small, eq: small }, { requiredKeys: [] }),
  },
  { requiredKeys: ['type', 'rules', 'timespan'] },
);
const override = fc.record(
  {
    rule: fc.constantFrom('deceives', 'x'),
    override: fc.constantFrom('append', 'replace'),
    condition: fc.constantFrom('or x', 'x', 'and not y'),
    detection: fc.dictionary(fc.constantFrom('x', 'y'), condition),
  },
  { requiredKeys: ['rule', 'override'] },
);
const document = fc.record({
  macros: some(
    fc.dictionary(
      fc.constantFrom('m', 'n', 'x'),
      fc.oneof(fc.constantFrom('x', 'not m', 'n or m', '1 of *'), condition),
    ),
  ),
  exceptions: some(
    fc.array(
      fc.record({ name: word, fields: fc.constant(['model']), values: fc.array(fc.array(comparand)) }),
      { maxLength: 2 },
    ),
  ),
  override: some(override),
  expression: fc.constantFrom('x', 'x or x', 'not x', '1 of x*', 'all of them', '1 of them', 'n and not m'),
  detection: fc.record({ x: condition, y: some(condition) }),
  correlation: some(correlation),
});

/** As they are read from a disk; other files than those of rules are none. */
function filesOf(text: string): Parameters<typeof compileFiles>[0] {
  const files = { sources: [{ file: 'a.yaml', text }], problems: [], calibrations: [] };
  return files;
}

test('any rule file at all is refused with places, or is evaluated without a fault', () => {
  let loaded = 0;
  const property = fc.property(document, (parts) => {
    const rule = ruleText({
      detection: JSON.stringify(parts.detection),
      condition: JSON.stringify(parts.expression),
      ...(parts.exceptions === undefined ? {} : { exceptions: JSON.stringify(parts.exceptions) }),
    });
    const about = { id: '6e1d3b4f-8f41-4b6a-9f0e-2f6f1d9c7a01', name: 'c', title: 'c', description: 'c' };
    const meta = { status: 'test', version: 1, level: 'low', mode: 'flag' };
    const more = {
      lists: { names: ['a', 'b'] },
      ...(parts.macros === undefined ? {} : { macros: parts.macros }),
      ...(parts.override === undefined ? {} : { overrides: [parts.override] }),
      ...(parts.correlation === undefined
        ? {}
        : { correlations: [{ ...about, ...meta, ...parts.correlation }] }),
    };
    const head = Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    const text = rule.replace('rules:', `${head.join('')}rules:`);
    const result = compileFiles(filesOf(text), featureset);
    if (!result.ok) {
      const lines = text.split('\n');
      assert.ok(result.problems.some(({ severity }) => severity === 'error'));
      for (const { line, column, message } of result.problems) {
        assert.ok(
          column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1,
          `${line}:${column} ${message}`,
        );
      }
      return;
    }
    loaded += 1;
    const { ruleSet } = result;
    const begun = beginSegment(ruleSet, OUTPUT, { fields: { model: 'a' } });
    const activations = activationsOf([{ 1: 4, 10: 3 }, { 1: 2 }, {}], ruleSet.signals);
    const step = advance(ruleSet, begun, activations);
    const end = finish(ruleSet, step.state);
    const part = { state: end.state, tokens: activations.tokens, view: null };
    const settled = [...end.settled, ...judgeExchange(ruleSet, [part, part], ['output'])];
    for (const { conditions } of settled) {
      for (const { value, threshold } of conditions)
        assert.ok(value > threshold, `${value} over ${threshold}`);
    }
    const observed = settled.map((finding) => ({ finding, at: 0, fields: {}, fingerprint: null }));
    const { state } = observeEvents(ruleSet, beginEvents(), observed);
    assert.equal(nextDue(passTime(ruleSet, state, 100 * 86_400_000).state), null, 'nothing waits for ever');
    for (const { message } of runEventTests(ruleSet)) assert.equal(message, '');
  });
  fc.assert(property, { numRuns: 200 });
  assert.ok(loaded >= 10, `only ${loaded} of them loaded`);
});
