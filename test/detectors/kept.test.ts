import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import {
  type Activations,
  type Computed,
  createDetector,
  createKeptReader,
  DetectorError,
  openFeatureset,
  packActivations,
  type SignalId,
  unpackActivations,
} from '../../detectors/index.ts';
import { activationsOf, featureset as tiny } from '../rules/featureset.ts';

const detector = await createDetector({ modelPath: 'models/default', workers: 1, timeoutMs: 240_000 });
after(detector.close);
const { featureset } = detector;
const concepts = featureset.concepts.map(({ name }): SignalId => `concept/${name}`);
const probes = featureset.probes.map((name): SignalId => `probe/${name}`);
const TEXT = `I kept a copy of the ledger where nobody looks, and told the auditors that it had burnt. ${'我们在码头上看船。 '.repeat(90)}`;

function keptOf(batches: readonly Activations[], computed: Computed) {
  return unpackActivations(packActivations(batches), computed);
}

function valuesOf(batches: readonly Activations[], signal: SignalId): number[] {
  return batches.flatMap(({ signals }) => [...(signals.get(signal) ?? [])]);
}

async function inPieces(signals: readonly SignalId[]): Promise<readonly Activations[]> {
  const scorer = detector.createScorer({ role: 'user', signals });
  return [await scorer.push(TEXT.slice(0, 500)), await scorer.push(TEXT.slice(500)), await scorer.end()];
}

test('concepts, their features and probes are read off what was kept, to the last bit', async () => {
  const signals = [...concepts, ...probes];
  const batches = await inPieces(signals);
  const computed = { signals, isWholeDictionary: false };
  const kept = keptOf(batches, computed);
  const reader = createKeptReader(featureset);
  const active = batches.flatMap(({ features }) => [...features.index]);
  const feature: SignalId = `feature/${active[0] ?? assert.fail('no feature of a concept is active')}`;
  assert.deepEqual(reader.missing(computed, [...signals, feature]), []);
  const read = reader.read(kept, [...signals, feature]);
  assert.ok(read.tokens.length > 512, 'the text is longer than one block');
  for (const signal of signals) {
    const found = [...(read.signals.get(signal) ?? [])];
    assert.ok(
      found.some((value) => value !== 0),
      signal,
    );
    assert.deepEqual(found, valuesOf(batches, signal), signal);
  }
  const rows = batches.flatMap(({ features }) =>
    Array.from(features.rowStart.subarray(1), (end, t) => {
      const at = features.index.indexOf(Number(feature.slice(8)), features.rowStart[t] ?? 0);
      return at === -1 || at >= end ? 0 : (features.value[at] ?? 0);
    }),
  );
  assert.ok(rows.some((value) => value > 0));
  assert.deepEqual([...(read.signals.get(feature) ?? [])], rows);
});

test('with the dictionary every feature is kept, and what else is computed changes no bit', async () => {
  const text = 'You are vermin, all of you.';
  const score = (signals: readonly SignalId[], withDictionary = false) =>
    detector.createScorer({ role: 'user', signals, withDictionary }).end(text);
  const whole = await score([], true);
  const computed = { signals: [], isWholeDictionary: true };
  const reader = createKeptReader(featureset);
  const outside = whole.features.index.find(
    (index) => !featureset.concepts.some(({ features }) => features.some((one) => one.index === index)),
  );
  const signals: SignalId[] = [`feature/${outside ?? 0}`, 'concept/hate'];
  assert.deepEqual(reader.missing(computed, signals), []);
  assert.deepEqual(reader.missing(computed, ['probe/hate']), ['probe/hate']);
  const read = reader.read(keptOf([whole], computed), signals);
  const alone = await score(signals);
  for (const signal of signals) {
    assert.ok(
      read.signals.get(signal)?.some((value) => value !== 0),
      signal,
    );
    assert.deepEqual(read.signals.get(signal), alone.signals.get(signal), signal);
  }
});

test('what was not computed is missing, and nothing else', () => {
  const reader = createKeptReader(tiny);
  const missing = (signals: readonly SignalId[], asked: readonly SignalId[]) =>
    reader.missing({ signals, isWholeDictionary: false }, asked);
  assert.deepEqual(missing(['concept/deception'], ['feature/10', 'feature/13', 'probe/honesty']), [
    'feature/13',
    'probe/honesty',
  ]);
  const features: SignalId[] = ['feature/10', 'feature/11', 'feature/12'];
  assert.deepEqual(missing(features, ['concept/deception', 'concept/jailbreak']), ['concept/jailbreak']);
  assert.deepEqual(missing(['probe/honesty'], ['probe/honesty']), []);
});

const rows = fc.array(
  fc.dictionary(
    fc.integer({ min: 0, max: 99 }).map(String),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  ),
  { maxLength: 40 },
);

test('any activations come back as they were, however they were batched', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 40 }), (all, cut) => {
      const signals: readonly SignalId[] = ['concept/deception'];
      const batches = [
        activationsOf(all.slice(0, cut), signals),
        activationsOf(all.slice(cut), signals, Math.min(cut, all.length)),
      ];
      const whole = activationsOf(all, signals);
      const kept = keptOf(batches, { signals, isWholeDictionary: true });
      assert.equal(kept.tokens, all.length);
      assert.deepEqual(kept.features, whole.features);
    }),
  );
});

test('damaged bytes are refused and never read past', () => {
  const bytes = packActivations([activationsOf([{ 3: 1, 70: 2 }, {}, { 9: 3 }], ['concept/deception'])]);
  const unpack = (damaged: Uint8Array) => unpackActivations(damaged, { signals: [] });
  assert.equal(unpack(bytes).tokens, 3);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => unpack(bytes.subarray(0, length)), { code: 'KEPT_DAMAGED' });
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
      try {
        unpack(noise);
      } catch (error) {
        assert.ok(error instanceof DetectorError && error.code === 'KEPT_DAMAGED', String(error));
      }
    }),
  );
});

test('a featureset is loaded without its reader', async () => {
  assert.equal((await openFeatureset('models/default')).digest, featureset.digest);
});

test('the same activations are packed once, and as they are where they come in one batch', () => {
  const [one, other] = [
    activationsOf([{ 3: 1 }], ['concept/deception']),
    activationsOf([{ 3: 1 }], ['concept/deception']),
  ];
  assert.equal(packActivations([one]), packActivations([one]));
  assert.notEqual(packActivations([one]), packActivations([other]));
  assert.deepEqual(packActivations([one]), packActivations([other]));
  const joined = packActivations([one, other]);
  assert.notEqual(packActivations([one, other]), joined);
});
