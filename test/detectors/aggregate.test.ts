import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Aggregate, advanceAggregate, aggregateOf, startAggregate } from '../../detectors/index.ts';

const KINDS = ['max', 'mean', 'top_k_mean', 'max_rolling_mean'] as const;

const anySegment = fc.record({
  kind: fc.constantFrom(...KINDS),
  window: fc.integer({ min: 1, max: 9 }),
  values: fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 60 }),
});

function spansOf(count: number) {
  return Array.from({ length: count }, (_, i) => ({ start: 3 * i, end: 3 * i + 2 }));
}

/** The definitions, read word for word. */
function valueByDefinition({ kind, window }: Aggregate, values: readonly number[]): number {
  const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  if (kind === 'max') return Math.max(...values);
  if (kind === 'mean') return mean(values);
  if (kind === 'top_k_mean') return mean([...values].sort((a, b) => b - a).slice(0, window));
  return Math.max(...values.map((_, t) => mean(values.slice(Math.max(0, t + 1 - window), t + 1))));
}

test('each aggregate has the value that its definition gives', () => {
  fc.assert(
    fc.property(anySegment, ({ kind, window, values }) => {
      const found = aggregateOf({ kind, window }, Float32Array.from(values), spansOf(values.length));
      assert.ok(found);
      assert.ok(Math.abs(found.value - valueByDefinition({ kind, window }, values)) < 1e-9);
    }),
  );
});

test('an aggregate is equal to the last bit however its tokens were batched', () => {
  fc.assert(
    fc.property(anySegment, fc.array(fc.nat(60), { maxLength: 6 }), ({ kind, window, values }, cuts) => {
      const all = Float32Array.from(values);
      const spans = spansOf(values.length);
      const places = [0, ...cuts.map((c) => Math.min(c, all.length)).sort((a, b) => a - b), all.length];
      let state = startAggregate({ kind, window });
      for (const [i, end] of places.entries()) {
        const start = places[i - 1] ?? 0;
        state = advanceAggregate(state, all.subarray(start, end), spans.slice(start, end));
      }
      assert.deepEqual(state.best, aggregateOf({ kind, window }, all, spans));
      assert.equal(state.tokens, all.length);
    }),
  );
});

const attained: [aggregate: Aggregate, firstToken: number, lastToken: number][] = [
  [{ kind: 'max', window: 1 }, 2, 2],
  [{ kind: 'mean', window: 1 }, 0, 5],
  [{ kind: 'top_k_mean', window: 3 }, 2, 2],
  [{ kind: 'max_rolling_mean', window: 2 }, 4, 5],
];

for (const [aggregate, firstToken, lastToken] of attained) {
  test(`${aggregate.kind} names the tokens that attain its value`, () => {
    const found = aggregateOf(aggregate, Float32Array.of(0, 1, 5, -4, 4, 5), spansOf(6));
    assert.deepEqual(found && [found.firstToken, found.lastToken], [firstToken, lastToken]);
    assert.deepEqual(found?.span, { start: 3 * firstToken, end: 3 * lastToken + 2 });
  });
}

test('advancing a state leaves the state itself as it was', () => {
  const before = advanceAggregate(
    startAggregate({ kind: 'max_rolling_mean', window: 2 }),
    Float32Array.of(1),
    spansOf(1),
  );
  const copy = structuredClone(before);
  advanceAggregate(before, Float32Array.of(9, 9), spansOf(2));
  assert.deepEqual(before, copy);
});

test('an empty segment has no value, and a window of no tokens is refused where it counts', () => {
  assert.equal(aggregateOf({ kind: 'mean', window: 0 }, new Float32Array(0), []), null);
  for (const window of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => startAggregate({ kind: 'top_k_mean', window }), { code: 'AGGREGATE_INVALID' });
  }
});
