import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeExchange } from '../../rules/index.ts';
import { condition, input, output, partsOf, readSegment, rules, type Segment } from './exchange-segments.ts';

const values: readonly (readonly [
  title: string,
  condition: string,
  segments: readonly Segment[],
  value: number | null,
])[] = [
  ['sum: all tokens of all segments', 'aggregate: sum, above: 5', [input(2, 1), output(3)], 6],
  ['… no segment alone', 'aggregate: sum, above: 6', [input(2, 1), output(3)], null],
  ['mean: long segments weigh more', 'aggregate: mean, above: 1.5', [input(0, 0), output(2, 2, 2, 2)], null],
  ['… over all tokens', 'aggregate: mean, above: 1', [input(0, 0), output(2, 2, 2, 2)], 8 / 6],
  ['max: the highest token', 'aggregate: max, above: 2', [input(1, 3), output(2)], 3],
  [
    'top_k_mean: of whichever segments',
    'aggregate: top_k_mean, window: 2, above: 3',
    [input(4, 0), output(3, 1)],
    3.5,
  ],
  ['count_above: in all', 'aggregate: count_above, token_above: 1, above: 2', [input(2, 0), output(2, 2)], 3],
  [
    'max_rolling_mean: no window reaches into the next segment',
    'aggregate: max_rolling_mean, window: 2, above: 1',
    [input(0, 4), output(1, 3)],
    2,
  ],
  ['ema: the highest of any segment', 'aggregate: ema, window: 1, above: 1', [input(1, 2), output(5)], 5],
  ['segments without tokens do not count', 'aggregate: mean, above: 1', [input(), output(2)], 2],
  ['nothing at all', 'aggregate: sum, above: -1', [input(), output()], null],
];

for (const [title, rest, segments, value] of values) {
  test(`over an exchange: ${title}`, async (t) => {
    const ruleSet = await rules(t, condition(`${rest}, per: exchange`));
    const found = judgeExchange(ruleSet, partsOf(ruleSet, segments));
    assert.deepEqual(
      found.map(({ conditions }) => [conditions[0]?.value, conditions[0]?.per]),
      value === null ? [] : [[value, 'exchange']],
    );
  });
}

test('an exchange cut into segments anywhere is judged as one text would be', async (t) => {
  const kinds = [
    'aggregate: max',
    'aggregate: mean',
    'aggregate: sum',
    'aggregate: count_above, token_above: 1',
    'aggregate: top_k_mean, window: 3',
  ];
  for (const kind of kinds) {
    const whole = await rules(t, condition(`${kind}, above: 2`));
    const cut = await rules(t, condition(`${kind}, above: 2, per: exchange`));
    const segments = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), { maxLength: 5 });
    const property = fc.property(segments, (all) => {
      const one = readSegment(whole, input(...all.flat()), 'one').alone;
      const found = judgeExchange(
        cut,
        partsOf(
          cut,
          all.map((values) => ({ values })),
        ),
      );
      assert.equal(found.length > 0, one.length > 0, kind);
      assert.ok(found.length <= 1);
      const [value] = one.slice(-1).flatMap(({ conditions }) => conditions.map((met) => met.value));
      if (found.length > 0) assert.equal(found[0]?.conditions[0]?.value, value, kind);
    });
    fc.assert(property, { numRuns: 60 });
  }
});
