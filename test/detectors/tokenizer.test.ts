import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTokenStream, type TokenBatch, tokenize } from '../../detectors/tokenizer/tokenizer.ts';
import { parseVocabulary } from '../../detectors/tokenizer/vocabulary.ts';
import { goldenStrings } from './golden-strings.ts';
import { loadVocabulary } from './vocabulary.ts';

interface Golden {
  readonly seed: number;
  readonly strings: number;
  readonly block: number;
  readonly blocks: readonly string[];
  readonly tokens: number;
  readonly naughty: { readonly strings: number; readonly sha256: string };
  readonly examples: readonly { text: string; ids: number[]; spans: [number, number][] }[];
}

const golden = JSON.parse(readFileSync('test/golden/tokens.json', 'utf8')) as Golden;
const vocabulary = loadVocabulary();
const strings = goldenStrings(golden.seed, golden.strings);
const NAUGHTY = '../shared/data/bad-input/naughty-strings.json';

function digest(texts: readonly string[]): string {
  const rows = texts.map((text) => tokenize(vocabulary, text).ids.join(','));
  return createHash('sha256').update(rows.join('\n')).digest('hex');
}

function joined(batches: readonly TokenBatch[]): TokenBatch {
  return { ids: batches.flatMap((b) => b.ids), spans: batches.flatMap((b) => b.spans) };
}

function inPieces(text: string, cuts: readonly number[]): TokenBatch {
  const stream = createTokenStream(vocabulary);
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const pieces = [...places, text.length].map((end, i) => text.slice(places[i - 1] ?? 0, end));
  return joined([...pieces.map(stream.push), stream.end()]);
}

test('examples have the reference tokens and the reference spans', () => {
  for (const { text, ids, spans } of golden.examples) {
    const found = tokenize(vocabulary, text);
    assert.deepEqual(found.ids, ids, JSON.stringify(text));
    assert.deepEqual(
      found.spans.map(({ start, end }) => [start, end]),
      spans,
      JSON.stringify(text),
    );
  }
  assert.ok(golden.examples.length >= 200);
});

test('10,000 generated strings have the reference tokens', () => {
  assert.equal(strings.length, 10_000);
  for (const [i, expected] of golden.blocks.entries()) {
    const from = i * golden.block;
    assert.equal(digest(strings.slice(from, from + golden.block)), expected, `strings from ${from}`);
  }
});

const noNaughty = existsSync(NAUGHTY) ? false : `${NAUGHTY} is not beside this clone`;

test('the naughty strings have the reference tokens', { skip: noNaughty }, () => {
  const naughty = JSON.parse(readFileSync(NAUGHTY, 'utf8')) as string[];
  assert.equal(naughty.length, golden.naughty.strings);
  assert.equal(digest(naughty), golden.naughty.sha256);
});

const someString = fc.oneof(
  fc.constantFrom(...strings.filter((s) => s.length < 400)),
  fc.string({ unit: 'binary' }),
);

test('text cut anywhere, between surrogates too, has the same tokens and spans', () => {
  fc.assert(
    fc.property(someString, fc.array(fc.nat(400), { maxLength: 12 }), (text, cuts) => {
      assert.deepEqual(inPieces(text, cuts), tokenize(vocabulary, text));
    }),
    { numRuns: 400 },
  );
  for (const text of strings.slice(0, 300)) {
    const everywhere = Array.from({ length: text.length }, (_, i) => i);
    assert.deepEqual(inPieces(text, everywhere), tokenize(vocabulary, text));
  }
});

test('a token that was given out is in the tokens of whatever text follows', () => {
  fc.assert(
    fc.property(someString, someString, (before, after) => {
      const given = createTokenStream(vocabulary).push(before);
      const whole = tokenize(vocabulary, before + after);
      assert.deepEqual(whole.ids.slice(0, given.ids.length), given.ids);
      assert.deepEqual(whole.spans.slice(0, given.spans.length), given.spans);
    }),
    { numRuns: 300 },
  );
});

test('peeking gives what the end would give and changes nothing', () => {
  for (const text of strings.slice(300, 600)) {
    const stream = createTokenStream(vocabulary);
    const half = text.length >> 1;
    const first = stream.push(text.slice(0, half));
    const peeked = joined([first, stream.peek()]);
    assert.deepEqual(peeked, tokenize(vocabulary, text.slice(0, half)));
    assert.deepEqual(
      joined([first, stream.push(text.slice(half)), stream.end()]),
      tokenize(vocabulary, text),
    );
  }
});

test('spans ascend, stay in the text and never split a surrogate pair', () => {
  const splits = (text: string, at: number) =>
    /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '');
  for (const text of strings.slice(0, 3000)) {
    let last = { start: 0, end: 0 };
    for (const span of tokenize(vocabulary, text).spans) {
      assert.ok(
        span.start >= last.start && span.end >= last.end && span.start <= span.end,
        JSON.stringify(text),
      );
      assert.ok(span.end <= text.length && !splits(text, span.start) && !splits(text, span.end));
      last = span;
    }
  }
});

const edges: [name: string, text: string, ids: number[], spans: [number, number][]][] = [
  ['no text', '', [], []],
  ['control characters alone', '\u0001\u0002', [], []],
  ['one space', ' ', [6], [[0, 1]]],
  ['spaces of all kinds are one', ' \t\u3000\n', [6], [[0, 4]]],
  ['an unpaired surrogate reads as a space', '\ud800', [6], [[0, 1]]],
  [
    'the space put before the first word has no width',
    '蜘',
    [6, 249997],
    [
      [0, 0],
      [0, 1],
    ],
  ],
];

for (const [name, text, ids, spans] of edges) {
  test(`${name}: defined tokens`, () => {
    const found = tokenize(vocabulary, text);
    assert.deepEqual(found.ids, ids);
    assert.deepEqual(
      found.spans.map(({ start, end }) => [start, end]),
      spans,
    );
  });
}

test('a megabyte of one character is tokenized to its last character', () => {
  for (const character of ['a', ' ', '\u0000', '蜘', '\ud83d', '🦜']) {
    const text = character.repeat((1 << 20) / character.length);
    const { ids, spans } = tokenize(vocabulary, text);
    assert.equal(ids.length, spans.length);
    if (character !== '\u0000') assert.equal(spans.at(-1)?.end, text.length);
  }
});

test('a tokenizer file that is cut or not one is named with what was expected', () => {
  const file = readFileSync('models/default/tokenizer.bin');
  assert.throws(() => parseVocabulary(file.subarray(0, 100_000)), { code: 'FILE_TRUNCATED' });
  assert.throws(() => parseVocabulary(Buffer.from('not a tokenizer')), { code: 'FORMAT_UNKNOWN' });
});
