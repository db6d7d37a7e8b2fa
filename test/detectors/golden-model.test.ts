import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createDetector, type Role, type SignalId } from '../../detectors/index.ts';
import { readModelFiles } from '../../detectors/manifest.ts';
import { createReaderSession } from '../../detectors/reader/reader-session.ts';
import { createWindowCaches } from '../../detectors/reader/window-cache.ts';
import { createWindowReader } from '../../detectors/reader/window-reader.ts';

// Two float32 programs add in different orders; the residual stream is of the size of 1 to 6.
const TOLERANCE = 1e-4;

interface GoldenCase {
  readonly role: Role;
  readonly text: string;
  readonly ids: readonly number[];
  readonly chosen: readonly number[];
  readonly residual: string;
  readonly concepts: string;
  readonly probes: string;
  readonly featureTokens: string;
  readonly featureIndices: string;
  readonly featureValues: string;
}

const { cases } = JSON.parse(readFileSync('test/golden/model.json', 'utf8')) as {
  cases: readonly GoldenCase[];
};
const detector = await createDetector({ modelPath: 'models/default', workers: 1, timeoutMs: 240_000 });
after(detector.close);
const concepts = detector.featureset.concepts.map(({ name }): SignalId => `concept/${name}`);
const probes = detector.featureset.probes.map((name): SignalId => `probe/${name}`);

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}

function largestDifference(found: Float32Array, expected: Float32Array): number {
  assert.equal(found.length, expected.length);
  return found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (expected[i] ?? 0))), 0);
}

for (const golden of cases) {
  const name = `${golden.role} "${golden.text.slice(0, 30)}…"`;

  test(`concepts, probes and features are PyTorch's: ${name}`, async () => {
    const scorer = detector.createScorer({ role: golden.role, signals: [...concepts, ...probes] });
    const { tokens, signals, features } = await scorer.end(golden.text);
    assert.equal(tokens.length, golden.ids.length);
    const chosen = (ids: readonly SignalId[]) =>
      Float32Array.from(golden.chosen.flatMap((t) => ids.map((id) => signals.get(id)?.[t] ?? Number.NaN)));
    assert.ok(largestDifference(chosen(concepts), new Float32Array(bytesOf(golden.concepts))) < TOLERANCE);
    assert.ok(largestDifference(chosen(probes), new Float32Array(bytesOf(golden.probes))) < TOLERANCE);
    const found = golden.chosen.flatMap((t, place) =>
      Array.from(features.index.subarray(features.rowStart[t], features.rowStart[t + 1]), (index, i) => ({
        place,
        index,
        value: features.value[(features.rowStart[t] ?? 0) + i] ?? Number.NaN,
      })),
    );
    assert.deepEqual(
      found.map(({ place }) => place),
      [...new Uint32Array(bytesOf(golden.featureTokens))],
    );
    assert.deepEqual(
      found.map(({ index }) => index),
      [...new Uint32Array(bytesOf(golden.featureIndices))],
    );
    const values = Float32Array.from(found, ({ value }) => value);
    assert.ok(largestDifference(values, new Float32Array(bytesOf(golden.featureValues))) < TOLERANCE);
  });
}

test("residuals at the hook point are PyTorch's", async (t) => {
  const { manifest, files } = await readModelFiles('models/default');
  const { dModel, hookLayer: layers } = manifest.reader;
  const session = await createReaderSession({
    readerGraph: files['reader.onnx'],
    encodeGraph: files['encode.onnx'],
    tokenTable: files['token-table.bin'],
    dModel,
    layers,
  });
  t.after(session.close);
  for (const golden of cases) {
    const reader = createWindowReader({
      window: manifest.window,
      prefix: manifest.prefixes[golden.role],
      plan: 0,
      caches: createWindowCaches(2 * layers * dModel, 0),
      padId: 1,
      isRunLengthExact: true,
    });
    reader.add(golden.ids);
    const rows: Float32Array[] = [];
    for (const job of reader.take('all').flatMap(({ jobs }) => jobs)) {
      const residual = await session.residuals([job]);
      for (let q = job.skip; q < job.ids.length; q++) rows.push(residual.slice(q * dModel, (q + 1) * dModel));
    }
    assert.equal(rows.length, golden.ids.length);
    const found = golden.chosen.filter((_, i) => i % 8 === 0).flatMap((token) => [...(rows[token] ?? [])]);
    const expected = new Float32Array(bytesOf(golden.residual));
    assert.ok(largestDifference(Float32Array.from(found), expected) < TOLERANCE);
  }
});
