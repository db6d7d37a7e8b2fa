import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createArraySplitter, type StreamItem } from '../../gateway/reading/split-array.ts';

function itemsOf(bytes: Buffer, cuts: readonly number[] = [], maxItemBytes = 1e6): StreamItem[] {
  const splitter = createArraySplitter(maxItemBytes);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const pushed = at.slice(1).flatMap((end, index) => splitter.push(bytes.subarray(at[index], end)));
  return [...pushed, ...splitter.end()];
}

/** The data of events, the reason of what was not read, `end` for the array's end. */
function told(text: string | Buffer, maxItemBytes?: number): string[] {
  return itemsOf(Buffer.from(text as string), [], maxItemBytes).map((item) => {
    if (item.kind === 'event') return item.data;
    return item.kind === 'end' ? 'end' : item.reason;
  });
}

const cases: [about: string, text: string | Buffer, expected: string[]][] = [
  ['items', '[{"a":1}\n,\r\n{"b":[2]}\n]', ['{"a":1}', '{"b":[2]}', 'end']],
  ['brackets and quotes in strings', '[{"a":"]},[\\"{"}]', ['{"a":"]},[\\"{"}', 'end']],
  ['an empty array', ' [ ] ', ['end']],
  ['a byte order mark', '\uFEFF[{}]', ['{}', 'end']],
  ['an object in place of an array, as errors come', '{"error":{}}\n', ['{"error":{}}']],
  ['items that are no objects', '[1, "a,]" ,[2],null]', ['1', '"a,]"', '[2]', 'null', 'end']],
  ['garbage between items', '[{}x{},]', ['{}', 'x{}', 'end']],
  ['text after the end', '[{}] {"a":1}', ['{}', 'end', '{"a":1}']],
  ['an item that is cut', '[{"a":1},{"b"', ['{"a":1}', '{"b"']],
  ['bytes that are no text', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), ['bad_utf8', 'end']],
];

for (const [about, text, expected] of cases) {
  test(`every byte of a streamed array is in an item: ${about}`, () => {
    assert.deepEqual(told(text), expected);
  });
}

test('an item over the bound is told and let go, those after it are read', () => {
  assert.deepEqual(told('[{"a":"123456789"},{"b":1}]', 10), ['over_cap', '{"b":1}', 'end']);
  assert.deepEqual(told('[{"a":1234}]', 10), ['{"a":1234}', 'end']);
  assert.deepEqual(told('[{"a":12345}]', 10), ['over_cap', 'end']);
});

test('an array, cut anywhere, gives the same items at the same places', () => {
  const value = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });
  const space = fc.constantFrom('', ' ', '\r\n', '\n\t');
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 4 }),
      space,
      fc.array(fc.nat(2000), { maxLength: 12 }),
      (...drawn) => {
        const [values, blank, cuts] = drawn;
        const texts = values.map((each) => JSON.stringify(each));
        const bytes = Buffer.from(`${blank}[${blank}${texts.join(`${blank},${blank}`)}${blank}]${blank}`);
        const items = itemsOf(bytes, cuts);
        assert.deepEqual(
          items.flatMap((item) => (item.kind === 'event' ? [item.data] : [])),
          texts,
        );
        assert.equal(items.at(-1)?.kind, 'end');
        assert.deepEqual(items, itemsOf(bytes));
      },
    ),
    { numRuns: 300 },
  );
});

test('what stands before an item belongs to it, so that nothing of it leaves before', () => {
  const starts = itemsOf(Buffer.from('[{"a":1}\n,\n{"b":2}\n]'), [9, 10, 11]).map(({ start }) => start);
  assert.deepEqual(starts, [0, 8, 19]);
});
