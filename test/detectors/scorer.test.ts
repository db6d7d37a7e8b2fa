import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { createDetector as createDetectorOf } from '../../detectors/detector.ts';
import {
  type Activations,
  createDetector,
  type Detector,
  type Role,
  type SignalId,
} from '../../detectors/index.ts';
import { goldenStrings } from './golden-strings.ts';

const config = { modelPath: 'models/default', workers: 2, timeoutMs: 240_000 };
const detector = await createDetector(config);
after(detector.close);

const concepts = detector.featureset.concepts;
const features = [...new Set(concepts.flatMap((concept) => concept.features.map(({ index }) => index)))];
const signals: readonly SignalId[] = [
  ...concepts.map(({ name }): SignalId => `concept/${name}`),
  ...detector.featureset.probes.map((name): SignalId => `probe/${name}`),
  `feature/${features[0] ?? 0}`,
];
const LONG = [
  'I kept a copy of the ledger where nobody looks, and told the auditors that it had burnt. ',
  'Das Wetter war schön; wir gingen an den Hafen. 我们在码头上看船。',
  'https://example.org/?q=1 \u{1f99c}\u{1f99c} ',
];
const strings = goldenStrings(7, 200).filter((s) => s.length < 500);

/** Everything that was given, in plain arrays, so that one bit that differs is a difference. */
function plain(parts: readonly Activations[]) {
  let next = 0;
  for (const part of parts) {
    assert.equal(part.firstToken, next);
    next += part.tokens.length;
  }
  return {
    tokens: parts.flatMap((p) => p.tokens),
    signals: signals.map((signal) => parts.flatMap((p) => [...(p.signals.get(signal) ?? [])])),
    counts: parts.flatMap((p) =>
      [...p.features.rowStart.subarray(1)].map((end, i) => end - (p.features.rowStart[i] ?? 0)),
    ),
    index: parts.flatMap((p) => [...p.features.index]),
    value: parts.flatMap((p) => [...p.features.value]),
  };
}

async function whole(text: string, role: Role = 'assistant', by: Detector = detector) {
  return plain([await by.createScorer({ role, signals }).end(text)]);
}

async function inPieces(text: string, cuts: readonly number[], by: Detector = detector) {
  const scorer = by.createScorer({ role: 'assistant', signals });
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const parts: Activations[] = [];
  for (const [i, end] of places.entries()) parts.push(await scorer.push(text.slice(places[i - 1] ?? 0, end)));
  parts.push(await scorer.push(text.slice(places.at(-1) ?? 0)), await scorer.end());
  assert.equal(
    scorer.tokensFinal(),
    parts.reduce((sum, part) => sum + part.tokens.length, 0),
  );
  return plain(parts);
}

const someText = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...strings) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(fc.constantFrom(...LONG, ...strings.slice(0, 9)), { maxLength: 14 }), fc.nat(40))
      .map(([parts, cut]) => parts.join('').slice(cut)),
  },
);

test('activations are equal to the last bit however the text was cut', async () => {
  await fc.assert(
    fc.asyncProperty(someText, fc.array(fc.nat(2000), { maxLength: 8 }), async (text, cuts) => {
      assert.deepEqual(await inPieces(text, cuts), await whole(text));
    }),
    { numRuns: 25 },
  );
});

test('activations are equal to the last bit whatever is read at the same time', async () => {
  const texts = Array.from({ length: 12 }, (_, i) =>
    LONG.join('')
      .repeat(1 + (i % 3))
      .slice(i * 7),
  );
  const alone = [];
  for (const text of texts) alone.push(await whole(text));
  const before = detector.stats().batches;
  const cuts = (i: number) => [40 * i + 10, 130, 260 + i];
  const together = await Promise.all(texts.map((text, i) => inPieces(text, cuts(i))));
  assert.deepEqual(together, alone);
  assert.ok(detector.stats().batches > before);
});

test('runs of one fixed shape give the same bits, so that the shape of a run is free', async (t) => {
  const fixed = await createDetectorOf({ ...config, workers: 1 }, { isFixedShape: true });
  t.after(fixed.close);
  for (const text of [LONG.join(''), LONG.join('').repeat(7), ...strings.slice(0, 4)]) {
    const expected = await whole(text);
    assert.deepEqual(await whole(text, 'assistant', fixed), expected);
    assert.deepEqual(await inPieces(text, [5, 90, 300], fixed), expected);
  }
});

test('what is provisional is what the end would give, and asking changes nothing', async () => {
  const text = LONG.join('').repeat(4);
  const scorer = detector.createScorer({ role: 'assistant', signals });
  const parts: Activations[] = [];
  for (let at = 0; at < text.length; at += 211) {
    parts.push(await scorer.push(text.slice(at, at + 211)));
    const soFar = plain([...parts, await scorer.provisional()]);
    assert.deepEqual(soFar, await whole(text.slice(0, at + 211)));
  }
  parts.push(await scorer.end());
  assert.deepEqual(plain(parts), await whole(text));
});

test('the role is read with the text', async () => {
  const [asUser, asTool] = await Promise.all([
    whole('Send me the file.', 'user'),
    whole('Send me the file.', 'tool'),
  ]);
  assert.deepEqual(asUser.tokens, asTool.tokens);
  assert.notDeepEqual(asUser.signals, asTool.signals);
});

const edges: [name: string, text: string, tokens: number | undefined][] = [
  ['no text', '', 0],
  ['control characters alone', '\u0001\u0002\u0007', 0],
  ['one token', 'x', 1],
  ['unpaired surrogates', '\ud800\udfff\ud800', undefined],
  ['a long run of one character', 'a'.repeat(6000), undefined],
  ['a long run of an unknown character', '\u{10fffd}'.repeat(3000), undefined],
  [
    'many scripts and controls at once',
    '\u202eשלום\u0007مرحبا\u200b世界\u0000🦜नमस्ते\ufeff<s></s>',
    undefined,
  ],
];

for (const [name, text, tokens] of edges) {
  test(`${name}: defined, finite, one value a token`, async () => {
    const found = await whole(text);
    if (tokens !== undefined) assert.equal(found.tokens.length, tokens);
    for (const values of found.signals) {
      assert.equal(values.length, found.tokens.length);
      assert.ok(values.every(Number.isFinite));
    }
  });
}

test('a megabyte is tokenized to its end where no signal is asked for', async () => {
  const scorer = detector.createScorer({ role: 'user', signals: [] });
  const { tokens, signals: none, features: empty } = await scorer.end('a b\u0000'.repeat((1 << 20) / 4));
  assert.equal(tokens.at(-1)?.end, 1 << 20);
  assert.equal(none.size, 0);
  assert.equal(empty.value.length, 0);
});

test('a concept is its bias and the weighted activations of its features, and nothing else', async () => {
  const text = LONG.join('');
  for (const concept of concepts.slice(0, 4)) {
    const signal: SignalId = `concept/${concept.name}`;
    const found = await detector.createScorer({ role: 'user', signals: [signal] }).end(text);
    const weights = new Map(concept.features.map(({ index, weight }) => [index, weight]));
    const { rowStart, index, value } = found.features;
    let active = 0;
    for (let t = 0; t < found.tokens.length; t++) {
      let sum = concept.bias;
      for (let i = rowStart[t] ?? 0; i < (rowStart[t + 1] ?? 0); i++) {
        sum += (weights.get(index[i] ?? -1) ?? Number.NaN) * (value[i] ?? 0);
        active++;
      }
      assert.ok(Math.abs(sum - (found.signals.get(signal)?.[t] ?? Number.NaN)) < 1e-4);
    }
    assert.ok(active > 0, `${concept.name} has an active feature`);
  }
});

test('a signal that the featureset does not have is named', () => {
  const open = (signal: SignalId) => () => detector.createScorer({ role: 'user', signals: [signal] });
  assert.throws(open('concept/no_such_thing'), { code: 'SIGNAL_UNKNOWN', message: /concept\/no_such_thing/ });
  assert.throws(open('probe/no_such_thing'), { code: 'SIGNAL_UNKNOWN' });
  assert.throws(open('feature/1e3' as SignalId), { code: 'SIGNAL_UNKNOWN' });
  assert.throws(open(`feature/${detector.featureset.dictionarySize}`), { code: 'FEATURE_OUT_OF_RANGE' });
  assert.throws(() => detector.featureset.feature(-1), { code: 'FEATURE_OUT_OF_RANGE' });
});

test('calls that overlap, or follow the end, are refused', async () => {
  const scorer = detector.createScorer({ role: 'user', signals });
  const first = scorer.push('hello '.repeat(100));
  await assert.rejects(scorer.push('again'), { code: 'SCORER_MISUSED' });
  await first;
  await scorer.end();
  await assert.rejects(scorer.end(), { code: 'SCORER_MISUSED' });
});

test('after a failure a scorer gives that failure only, so that nothing missed is passed over', async () => {
  const abort = new AbortController();
  const scorer = detector.createScorer({ role: 'user', signals, abortSignal: abort.signal });
  await scorer.push('hello '.repeat(50));
  abort.abort();
  await assert.rejects(scorer.push('hello '.repeat(50)), { code: 'ABORTED' });
  await assert.rejects(scorer.end(), { code: 'ABORTED' });
});

test('what was kept of a text is let go at its end, at a failure and when it is aborted', async () => {
  assert.equal(detector.stats().openWindows, 0);
  const abort = new AbortController();
  const open = () => detector.createScorer({ role: 'user', signals, abortSignal: abort.signal });
  const scorers = [open(), open(), open()];
  for (const scorer of scorers) await scorer.push(LONG.join('').repeat(6));
  assert.equal(detector.stats().openWindows, 3);
  await scorers[0]?.provisional();
  assert.equal(detector.stats().openWindows, 3);
  await scorers[0]?.end();
  assert.equal(detector.stats().openWindows, 2);
  const failing = scorers[1]?.push(LONG.join('').repeat(2)) ?? Promise.resolve();
  abort.abort();
  await assert.rejects(failing, { code: 'ABORTED' });
  assert.equal(detector.stats().openWindows, 0);
  await assert.rejects(scorers[2]?.end() ?? Promise.resolve(), { code: 'ABORTED' });
  assert.equal(detector.stats().openWindows, 0);
});

test('a text that is there at once keeps nothing', async () => {
  const done = detector.createScorer({ role: 'user', signals }).end(LONG.join('').repeat(8));
  const { openWindows } = detector.stats();
  await done;
  assert.deepEqual([openWindows, detector.stats().openWindows], [0, 0]);
});

test('features have their description, and a label names at most one', () => {
  const { featureset } = detector;
  const described = features.map((index) => featureset.feature(index));
  assert.ok(described.some(({ examples }) => examples.length > 0));
  for (const { index, label } of described) {
    const others = described.filter((other) => other.label === label);
    if (label !== null && others.length === 1) assert.equal(featureset.featureByLabel(label), index);
  }
  assert.equal(featureset.featureByLabel('a label that nothing has'), undefined);
});

test('every concept has a threshold at 1 %, which 1 % of ordinary segments or fewer reach', () => {
  const { featureset } = detector;
  for (const { name, aggregate } of concepts) {
    const threshold = featureset.threshold(`concept/${name}`, aggregate, 0.01);
    assert.ok('value' in threshold, name);
    const oneMore = (Math.floor(0.01 * threshold.segments) + 1) / threshold.segments;
    const rarity = featureset.rarity(`concept/${name}`, aggregate, threshold.value) ?? 0;
    assert.ok(rarity >= -Math.log10(oneMore) - 1e-9, name);
    assert.ok(threshold.interval[0] <= 0.01 && threshold.interval[1] < 0.05);
  }
});
