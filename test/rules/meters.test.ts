import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advanceMeter, cannotFall, startMeter } from '../../rules/meters/meter.ts';
import type { Measure, Meter, MeterState } from '../../rules/meters/types.ts';

const value = fc.integer({ min: -4, max: 8 });
const anyMeasure: fc.Arbitrary<Measure> = fc.oneof(
  fc.constant<Measure>({ kind: 'sum' }),
  value.map((level): Measure => ({ kind: 'count_above', level })),
  fc.integer({ min: 1, max: 6 }).map((window): Measure => ({ kind: 'ema', window })),
  fc
    .record({
      tokens: fc.integer({ min: 1, max: 5 }),
      more: fc.integer({ min: 0, max: 5 }),
      on: value,
      under: fc.option(fc.integer({ min: 1, max: 4 })),
    })
    .map(({ tokens, more, on, under }): Measure => {
      const switches = under === null ? null : { on, off: on - under };
      return { kind: 'sustained', tokens, window: tokens + more, switches };
    }),
  fc
    .record({ first: value, second: value, window: fc.integer({ min: 1, max: 6 }) })
    .map(({ first, second, window }): Measure => {
      const next = { signal: 'feature/2', minus: null } as const;
      return { kind: 'pair', first, next, second, window };
    }),
);
const anySegment = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 });

function run(
  measure: Measure,
  pairs: readonly (readonly [number, number])[],
  cuts: readonly number[] = [],
): MeterState {
  const meter: Meter = { signal: 'feature/1', minus: null, measure };
  const places = [...cuts.map((cut) => Math.min(cut, pairs.length)).sort((a, b) => a - b), pairs.length];
  let state = startMeter(meter);
  let from = 0;
  for (const to of places) {
    const part = pairs.slice(from, to);
    state = advanceMeter(meter, state, {
      values: Float32Array.from(part, ([x]) => x),
      next: Float32Array.from(part, ([, y]) => y),
      spans: part.map((_, i) => ({ start: 3 * (from + i), end: 3 * (from + i) + 2 })),
    });
    from = to;
  }
  return state;
}

/** The definitions, read word for word; null where a segment has no value. */
function byDefinition(measure: Measure, pairs: readonly (readonly [number, number])[]): number | null {
  const xs = pairs.map(([x]) => x);
  const highest = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));
  switch (measure.kind) {
    case 'sum':
      return xs.reduce((sum, x) => sum + x, 0);
    case 'count_above':
      return xs.filter((x) => x > measure.level).length;
    case 'ema': {
      const a = 2 / (measure.window + 1);
      const averages: number[] = [];
      for (const x of xs) averages.push(averages.length === 0 ? x : a * x + (1 - a) * (averages.at(-1) ?? 0));
      return highest(averages);
    }
    case 'sustained':
      return highest(
        xs.flatMap((_, t) => {
          const counted = countedValues(xs, measure.switches).slice(
            Math.max(0, t + 1 - measure.window),
            t + 1,
          );
          return counted.sort((a, b) => b - a)[measure.tokens - 1] ?? [];
        }),
      );
    case 'pair':
      return highest(
        pairs.flatMap(([x], t) =>
          pairs
            .slice(t + 1, t + 1 + measure.window)
            .map(([, y]) => Math.min(x - measure.first, y - measure.second)),
        ),
      );
    default:
      return null;
  }
}

function countedValues(xs: readonly number[], switches: { on: number; off: number } | null): number[] {
  let since = -1;
  return xs.map((x, t) => {
    if (switches === null) return x;
    if (since >= 0 && x <= switches.off) since = -1;
    else if (since < 0 && x > switches.on) since = t;
    return since < 0 ? x : Math.max(...xs.slice(since, t + 1));
  });
}

test('each measure has the value that its definition gives', () => {
  fc.assert(
    fc.property(anyMeasure, anySegment, (measure, pairs) => {
      const expected = byDefinition(measure, pairs);
      const found = run(measure, pairs).best?.value ?? null;
      if (expected === null || found === null) assert.equal(found, expected);
      else assert.ok(Math.abs(found - expected) < 1e-9, `${found}, by definition ${expected}`);
    }),
    { numRuns: 1500 },
  );
});

test('a measure is equal to the last bit however its tokens were batched', () => {
  fc.assert(
    fc.property(anyMeasure, anySegment, fc.array(fc.nat(30), { maxLength: 6 }), (measure, pairs, cuts) => {
      assert.deepEqual(run(measure, pairs, cuts), run(measure, pairs));
    }),
    { numRuns: 800 },
  );
});

test('a value that is said not to fall does not', () => {
  fc.assert(
    fc.property(anyMeasure, anySegment, anySegment, (measure, pairs, more) => {
      const before = run(measure, pairs);
      const after = run(measure, [...pairs, ...more]);
      if (cannotFall(before)) assert.ok((after.best?.value ?? -1e9) >= (before.best?.value ?? -1e9));
    }),
    { numRuns: 500 },
  );
});

test('advancing a state leaves the state itself as it was', () => {
  fc.assert(
    fc.property(anyMeasure, anySegment, (measure, pairs) => {
      const meter: Meter = { signal: 'feature/1', minus: null, measure };
      const before = run(measure, pairs);
      const copy = structuredClone(before);
      const spans = [{ start: 0, end: 1 }];
      advanceMeter(meter, before, { values: Float32Array.of(9), next: Float32Array.of(9), spans });
      assert.deepEqual(before, copy);
    }),
    { numRuns: 200 },
  );
});

const xs = (...values: number[]) => values.map((x) => [x, 0] as const);
const places: readonly (readonly [
  title: string,
  measure: Measure,
  tokens: ReturnType<typeof xs>,
  span: [number, number],
])[] = [
  ['a sum by all tokens', { kind: 'sum' }, xs(0, 1, 0), [0, 2]],
  [
    'a count from the first to the last that counts',
    { kind: 'count_above', level: 1 },
    xs(0, 2, 0, 3, 0),
    [1, 3],
  ],
  ['a count of none by the first token', { kind: 'count_above', level: 9 }, xs(0, 2, 0), [0, 0]],
  ['an average by the window up to its peak', { kind: 'ema', window: 3 }, xs(0, 0, 4, 4, 4, 0), [2, 4]],
  [
    'what is sustained from the first to the last token that reaches it',
    { kind: 'sustained', tokens: 2, window: 4, switches: null },
    xs(0, 5, 0, 6, 0),
    [1, 3],
  ],
];

for (const [title, measure, tokens, span] of places) {
  test(`attained: ${title}`, () => {
    for (const cuts of [[], tokens.map((_, i) => i)]) {
      const { best } = run(measure, tokens, cuts);
      assert.deepEqual([best?.firstToken, best?.lastToken], span);
      assert.deepEqual(best?.span, { start: 3 * span[0], end: 3 * span[1] + 2 });
    }
  });
}

test('attained: a pair by its two tokens, of several equal ones the first', () => {
  const pairs = [
    [1, 0],
    [5, 0],
    [2, 1],
    [5, 4],
    [0, 4],
  ] as const;
  const next = { signal: 'feature/2', minus: null } as const;
  const { best } = run({ kind: 'pair', first: 0, next, second: 0, window: 3 }, pairs);
  assert.deepEqual([best?.value, best?.firstToken, best?.lastToken], [4, 1, 3]);
});
