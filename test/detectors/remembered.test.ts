import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { joinResults } from '../../detectors/activations.ts';
import { createDetector as createDetectorOf } from '../../detectors/detector.ts';
import {
  type Activations,
  createDetector,
  type Detector,
  DetectorError,
  type Role,
  type SignalId,
} from '../../detectors/index.ts';
import type { ReaderResult } from '../../detectors/reader/reader-job.ts';
import { createMemory } from '../../detectors/segment-memory.ts';
import { goldenStrings } from './golden-strings.ts';

const config = { modelPath: 'models/default', workers: 2, timeoutMs: 240_000 };
const scoreCache = { maxBytes: 32 * 1024 * 1024, maxEntries: 1_000 };
const forgetful = await createDetector(config);
const detector = await createDetector({ ...config, scoreCache });
after(async () => {
  await forgetful.close();
  await detector.close();
});

const signals: readonly SignalId[] = detector.featureset.concepts.map(
  ({ name }): SignalId => `concept/${name}`,
);
const LONG = [
  'I kept a copy of the ledger where nobody looks, and told the auditors that it had burnt. ',
  'Das Wetter war schön; wir gingen an den Hafen. 我们在码头上看船。',
  'https://example.org/?q=1 \u{1f99c}\u{1f99c} ',
];
/** Two whole windows and some more. */
const long = LONG.join('').repeat(7);
let texts = 0;
/** A text that no test before has scored. */
function newText(): string {
  texts += 1;
  return `${texts}: ${LONG.join('')}`;
}

function open(by: Detector = detector, role: Role = 'user', asked = signals) {
  return by.createScorer({ role, signals: asked });
}

async function inPieces(text: string, cuts: readonly number[]): Promise<Activations[]> {
  const scorer = open();
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const parts: Activations[] = [];
  for (const [i, end] of places.entries()) parts.push(await scorer.push(text.slice(places[i - 1] ?? 0, end)));
  parts.push(await scorer.end(text.slice(places.at(-1) ?? 0)));
  return parts;
}

/** As plain numbers, so that one bit that differs is a difference. */
function plain({ firstToken, tokens, signals: found, features }: Activations) {
  return { firstToken, tokens, signals: new Map(found), features };
}

const someText = fc.oneof(
  fc.constantFrom(...goldenStrings(11, 60).filter(({ length }) => length < 400)),
  fc
    .tuple(fc.array(fc.constantFrom(...LONG), { maxLength: 16 }), fc.nat(40))
    .map(([parts, cut]) => parts.join('').slice(cut)),
);

test('what is remembered of a text is what a detector without memory reads, to the last bit', async () => {
  await fc.assert(
    fc.asyncProperty(someText, fc.array(fc.nat(2_000), { maxLength: 5 }), async (text, cuts) => {
      await inPieces(text, cuts);
      const recalled = open().recall(text);
      assert.ok(recalled !== null);
      assert.deepEqual(plain(recalled), plain(await open(forgetful).end(text)));
    }),
    { numRuns: 20 },
  );
});

test('a text that goes on is read from its last whole window on, and scores the same to the last bit', async () => {
  await open().end(long);
  const longer = `${long} And then we sailed home.`;
  const before = detector.stats();
  const found = await open().end(longer);
  const { tokensScored, tokensRecalled, scoreCache: cache } = detector.stats();
  assert.deepEqual(plain(found), plain(await open(forgetful).end(longer)));
  const [read, recalled] = [tokensScored - before.tokensScored, tokensRecalled - before.tokensRecalled];
  assert.equal(read + recalled, found.tokens.length);
  assert.ok(read < 200 && recalled > 200, `${read} read, ${recalled} recalled`);
  assert.ok((cache?.windows.hits ?? 0) > (before.scoreCache?.windows.hits ?? 0));
});

test('windows read in runs of one fixed shape are remembered like others', async (t) => {
  const fixed = await createDetectorOf({ ...config, workers: 1, scoreCache }, { isFixedShape: true });
  t.after(fixed.close);
  await open(fixed).end(long);
  const found = await open(fixed).end(`${long}!`);
  assert.deepEqual(plain(found), plain(await open(forgetful).end(`${long}!`)));
  assert.ok((fixed.stats().scoreCache?.windows.hits ?? 0) > 0);
  assert.equal(fixed.stats().openWindows, 0);
});

test('a text that is recalled costs the reader nothing, and is counted', async () => {
  const text = newText();
  const { tokens } = await open().end(text);
  const before = detector.stats();
  const scorer = open();
  assert.ok(scorer.recall(text) !== null);
  const { tokensScored, tokensRecalled, batches, scoreCache: cache } = detector.stats();
  assert.equal(scorer.tokensFinal(), tokens.length);
  assert.equal(tokensScored, before.tokensScored);
  assert.equal(batches, before.batches);
  assert.equal(tokensRecalled - before.tokensRecalled, tokens.length);
  assert.equal((cache?.texts.hits ?? 0) - (before.scoreCache?.texts.hits ?? 0), 1);
  assert.deepEqual(scorer.cost?.(), { tokensRecalled: tokens.length, longestWaitMs: 0 });
});

test('a scorer says how long its text waited for the reader, and that nothing was remembered', async () => {
  const scorer = open();
  await scorer.end(newText());
  const cost = scorer.cost?.();
  assert.equal(cost?.tokensRecalled, 0);
  assert.ok((cost?.longestWaitMs ?? 0) > 0);
});

test('another role, other signals or another text are not served with what is remembered', async () => {
  const text = newText();
  await open().end(text);
  assert.equal(open(detector, 'assistant').recall(text), null);
  assert.equal(open(detector, 'user', signals.slice(1)).recall(text), null);
  assert.equal(open(detector, 'user', signals.toReversed()).recall(text), null);
  assert.equal(open().recall(`${text} `), null);
  assert.ok(open().recall(text) !== null);
});

test('halves of surrogate pairs that UTF-8 cannot tell apart are told apart', async () => {
  await open().end('a \ud800 b');
  assert.equal(open().recall('a \udbff b'), null);
  assert.equal(open().recall('a \ufffd b'), null);
});

test('a detector remembers nothing unless it is told how much', async () => {
  await open(forgetful).end('We went to the harbour.');
  assert.equal(open(forgetful).recall('We went to the harbour.'), null);
  assert.equal(forgetful.stats().scoreCache, null);
});

test('a scorer that has begun or ended has nothing to recall, and one that recalled has ended', async () => {
  const text = newText();
  await open().end(text);
  const misused = (error: unknown) => error instanceof DetectorError && error.code === 'SCORER_MISUSED';
  const begun = open();
  await begun.push(text);
  assert.throws(() => begun.recall(text), misused);
  const ended = open();
  ended.recall(text);
  await assert.rejects(ended.push('more'), misused);
  assert.throws(() => ended.recall(text), misused);
});

test('a text that was given up is not remembered', async () => {
  const given = new AbortController();
  const text = newText();
  const scorer = detector.createScorer({ role: 'user', signals, abortSignal: given.signal });
  await scorer.push(text);
  given.abort();
  await assert.rejects(scorer.end());
  assert.equal(open().recall(text), null);
});

test('a text larger than its share is not remembered, and that is counted', () => {
  const memory = createMemory({ maxBytes: 20_000, maxEntries: 9 });
  const scored = (tokens: number): Activations => ({
    firstToken: 0,
    tokens: Array.from({ length: tokens }, (_, i) => ({ start: i, end: i + 1 })),
    signals: new Map([['feature/1', new Float32Array(tokens)]]),
    features: {
      rowStart: new Uint32Array(tokens + 1),
      index: new Uint32Array(0),
      value: new Float32Array(0),
    },
  });
  for (const [text, tokens] of [
    ['short', 10],
    ['long', 100],
  ] as const) {
    const segment = memory.open({ role: 'user', plan: 0 });
    segment.add(text);
    segment.note(scored(tokens));
    segment.keep();
  }
  const recalled = (text: string) => memory.open({ role: 'user', plan: 0 }).recall(text);
  assert.deepEqual(recalled('short'), scored(10));
  assert.equal(recalled('long'), null);
  assert.equal(memory.stats().texts.refused, 1);
});

test('texts, windows and texts without a disguise stay within the bytes together', () => {
  const maxBytes = 80_000;
  const memory = createMemory({ maxBytes, maxEntries: 10_000 });
  const result: ReaderResult = {
    signals: [new Float32Array(100)],
    rowStart: new Uint32Array(101),
    index: new Uint32Array(0),
    value: new Float32Array(0),
  };
  const nothing = joinResults([], { firstToken: 0, spans: [], signals: [] });
  for (let i = 0; i < 1_000; i += 1) {
    memory.notePlain(`text ${i}`);
    const segment = memory.open({ role: 'user', plan: 0 });
    segment.window(Int32Array.of(i), 0).keep([result]);
    segment.add(`text ${i}`);
    segment.note(nothing);
    segment.keep();
  }
  const { texts, windows, views } = memory.stats();
  for (const { entries, evictions } of [texts, windows, views]) assert.ok(entries > 0 && evictions > 0);
  assert.ok(texts.bytes + windows.bytes + views.bytes <= maxBytes);
});

test('which texts wear no disguise is remembered, and changes no answer', () => {
  const disguised = `Please decode ${Buffer.from('tell nobody what I did to them').toString('base64')}`;
  const before = detector.stats().scoreCache?.views.hits ?? 0;
  for (const text of [...LONG, disguised, ...LONG, disguised]) {
    assert.equal(detector.readableView(text)?.text, forgetful.readableView(text)?.text);
    assert.equal(detector.isDisguised(text), forgetful.readableView(text) !== null);
  }
  assert.equal(detector.isDisguised(disguised), true);
  assert.equal((detector.stats().scoreCache?.views.hits ?? 0) - before, LONG.length);
});
