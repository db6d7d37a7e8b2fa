import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { heatOf, heatScale } from '../../review/web/src/text/heat.ts';
import { type Piece, type ShadedText, shadeText } from '../../review/web/src/text/pieces.ts';

const textOf = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');

const shadedIndices = (text: ShadedText): number[] =>
  [...text.before, ...text.marked, ...text.after].flatMap((piece) =>
    typeof piece === 'string' ? [] : piece.index,
  );

/** A text with rising token edges, values and a span that need not lie on the edges. */
const input = fc
  .string({ unit: fc.constantFrom('a', 'é', ' ', '\n', '𝒳', '<', '👩‍🚀'), maxLength: 60 })
  .chain((text) => {
    const offset = fc.integer({ min: 0, max: text.length });
    return fc.record({
      text: fc.constant(text),
      tokens: fc.array(fc.tuple(offset, offset), { maxLength: 20 }).map(risingTokens),
      values: fc.array(fc.float({ min: -4, max: 9, noNaN: true }), { minLength: 20, maxLength: 20 }),
      threshold: fc.float({ min: -2, max: 5, noNaN: true }),
      span: fc.tuple(offset, offset).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) })),
    });
  });

function risingTokens(pairs: readonly (readonly [number, number])[]): [number, number][] {
  const edges = [...new Set(pairs.flat())].sort((a, b) => a - b);
  return edges.slice(1).map((end, at) => [edges[at] ?? 0, end]);
}

test('a shaded text is the text, whatever its tokens and wherever the span lies', () => {
  fc.assert(
    fc.property(input, ({ threshold, ...rest }) => {
      const shaded = shadeText({ ...rest, scale: heatScale(rest.values, threshold) });
      assert.equal(textOf([...shaded.before, ...shaded.marked, ...shaded.after]), rest.text);
    }),
    { numRuns: 2_000 },
  );
});

test('every token at or above the threshold is shaded unless it is white space', () => {
  fc.assert(
    fc.property(input, ({ threshold, ...rest }) => {
      const shaded = shadedIndices(shadeText({ ...rest, scale: heatScale(rest.values, threshold) }));
      const above = rest.tokens.flatMap(([start, end], index) => {
        const isAbove = (rest.values[index] ?? 0) >= threshold;
        return isAbove && rest.text.slice(start, end).trim() !== '' ? [index] : [];
      });
      for (const index of above) assert.ok(shaded.includes(index), `token ${index}`);
    }),
    { numRuns: 2_000 },
  );
});

test('a token that reaches over the edge of the span stays whole', () => {
  const shaded = shadeText({
    text: 'the log, and',
    tokens: [
      [0, 3],
      [3, 8],
      [8, 12],
    ],
    values: [0, 3, 0],
    scale: heatScale([0, 3, 0], 2),
    span: { start: 3, end: 7 },
  });
  assert.deepEqual(shaded.before, ['the ']);
  assert.deepEqual(shaded.marked, [{ index: 1, text: 'log,', heat: 9 }]);
  assert.deepEqual(shaded.after, [' and']);
});

const shades: [value: number, threshold: number, peak: number, heat: number][] = [
  [0, 2, 4, 0],
  [0.1, 2, 4, 0],
  [0.3, 2, 4, 1],
  [1.99, 2, 4, 5],
  [2, 2, 4, 6],
  [3.99, 2, 4, 9],
  [4, 2, 4, 9],
  [2, 2, 2, 9],
  [-1, 2, 4, 0],
  [-1, -1, 0, 6],
  [Number.NaN, 2, 4, 0],
];

for (const [value, threshold, peak, heat] of shades) {
  test(`a value of ${value} against ${threshold} with a peak of ${peak} has shade ${heat}`, () => {
    assert.equal(heatOf(value, heatScale([value, peak], threshold)), heat);
  });
}

test('the mark begins and ends with a word, where the span begins and ends with white space', () => {
  const text = 'Nobody must\nknow it. ';
  const shaded = shadeText({
    text,
    tokens: [
      [0, 6],
      [6, 11],
      [11, 16],
      [16, 21],
    ],
    values: [0, 9, 9, 0],
    scale: heatScale([0, 9, 9, 0], 1),
    span: { start: 6, end: 17 },
  });
  assert.equal(textOf(shaded.before), 'Nobody ');
  assert.equal(textOf(shaded.marked), 'must\nknow');
  assert.equal(textOf(shaded.after), ' it. ');
});
