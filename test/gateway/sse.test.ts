import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSseParser, type SseItem } from '../../gateway/sse/parse-events.ts';

function parse(pieces: readonly Uint8Array[], maxLineBytes = 1024): SseItem[] {
  const parser = createSseParser(maxLineBytes);
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

function datas(text: string): string[] {
  return parse([Buffer.from(text)]).flatMap((item) => (item.kind === 'event' ? [item.data] : []));
}

const readings: [name: string, text: string, datas: string[]][] = [
  ['line feeds', 'data: a\n\ndata: b\n\n', ['a', 'b']],
  ['carriage returns', 'data: a\r\rdata: b\r\r', ['a', 'b']],
  ['both', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['a byte order mark', '\uFEFFdata: a\n\n', ['a']],
  ['several data lines', 'data: a\ndata: b\n\n', ['a\nb']],
  ['no space after the colon', 'data:a\n\n', ['a']],
  ['two spaces after the colon', 'data:  a\n\n', [' a']],
  ['comments, ids and names', ': ping\n\nid: 1\nevent: x\nretry: 3\ndata: a\n\n', ['a']],
  ['an empty data line', 'data\n\n', ['']],
  ['an event without its blank line', 'data: a\n\ndata: b', ['a', 'b']],
];

for (const [name, text, expected] of readings) {
  test(`${name}: events are read`, () => assert.deepEqual(datas(text), expected));
}

const unread: [name: string, bytes: Buffer, reason: string][] = [
  ['a line that is no field', Buffer.from('{"error": 1}\n\n'), 'bad_sse'],
  ['bytes that are not UTF-8', Buffer.from([...Buffer.from('data: '), 0xff, 10, 10]), 'bad_utf8'],
  ['a line past the bound', Buffer.from(`data: ${'x'.repeat(2000)}\n\n`), 'over_cap'],
  ['a last line past the bound', Buffer.from(`data: ${'x'.repeat(2000)}`), 'over_cap'],
  [
    'an event whose lines are past the bound together',
    Buffer.from(`data: ${'x'.repeat(512)}\ndata: ${'x'.repeat(512)}\n\n`),
    'over_cap',
  ],
  ['an event of empty lines past the bound', Buffer.from(`${'data\n'.repeat(2_000)}\n`), 'over_cap'],
];

for (const [name, bytes, reason] of unread) {
  test(`${name} is told as ${reason}, and what follows is read`, () => {
    const items = parse([bytes, Buffer.from('\n\ndata: next\n\n')]);
    assert.deepEqual(
      items.map((item) => (item.kind === 'event' ? item.data : item.reason)),
      [reason, 'next'],
    );
  });
}

test('an event whose lines are as long together as the bound is read', () => {
  const [first, second] = ['x'.repeat(512), 'y'.repeat(511)];
  assert.deepEqual(datas(`data: ${first}\ndata: ${second}\n\n`), [`${first}\n${second}`]);
});

test('offsets cut the stream into its events whatever the line ends', () => {
  for (const end of ['\n', '\r', '\r\n']) {
    const text = `data: é1${end}${end}: c${end}data: 2${end}${end}data: [DONE]${end}${end}`;
    const bytes = Buffer.from(text);
    const items = parse([bytes]);
    const last = items.at(-1);
    assert.equal(bytes.subarray(last?.start).toString(), `data: [DONE]${end}${end}`);
  }
});

const line = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
  fc.constantFrom('', '', ': note', 'event: x', 'nonsense', 'data', 'data:'),
);
const stream = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 20 }))
  .map(([hasMark, lines]) =>
    Buffer.from((hasMark ? '\uFEFF' : '') + lines.map((pair) => pair.join('')).join('')),
  );

test('a stream cut anywhere gives the items of the whole', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(300), { maxLength: 12 }), (bytes, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      assert.deepEqual(parse(pieces), parse([bytes]));
    }),
    { numRuns: 500 },
  );
});

test('a stream cut into single bytes gives the items of the whole', () => {
  fc.assert(
    fc.property(stream, (bytes) => {
      assert.deepEqual(parse([...bytes].map((byte) => Uint8Array.of(byte))), parse([bytes]));
    }),
    { numRuns: 200 },
  );
});
