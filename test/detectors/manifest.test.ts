import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDetector } from '../../detectors/index.ts';
import { readModelFiles } from '../../detectors/manifest.ts';
import { copyModel, edit, type ModelCopy } from './model-copy.ts';

const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 1000);
const flipped = (bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  return changed;
};
const moreFeatures = edit((manifest) => {
  manifest['dictionary'] = { features: 5000, activation: 'jumprelu' };
});

const broken: [what: string, code: string, message: RegExp, change: (copy: ModelCopy) => Promise<unknown>][] =
  [
    ['no manifest', 'MANIFEST_MISSING', /manifest\.json/, ({ path }) => rm(join(path, 'manifest.json'))],
    [
      'a manifest that is not JSON',
      'MANIFEST_INVALID',
      /manifest\.json: is not JSON/,
      (copy) => copy.replace('manifest.json', cut),
    ],
    [
      'an unknown format version',
      'FORMAT_UNKNOWN',
      /format is 1, this version reads 2/,
      (copy) =>
        copy.replace(
          'manifest.json',
          edit((m) => Object.assign(m, { format: 1 })),
        ),
    ],
    [
      'a manifest with an unknown key',
      'MANIFEST_INVALID',
      /"surprise"/,
      (copy) =>
        copy.replace(
          'manifest.json',
          edit((m) => Object.assign(m, { surprise: 1 })),
        ),
    ],
    ['a missing file', 'FILE_MISSING', /probes\.bin/, ({ path }) => rm(join(path, 'probes.bin'))],
    [
      'a truncated file',
      'FILE_TRUNCATED',
      /reader\.onnx: \d+ bytes expected, \d+ found/,
      (copy) => copy.replace('reader.onnx', cut),
    ],
    [
      'one changed bit',
      'DIGEST_MISMATCH',
      /dictionary\.bin: sha256 [0-9a-f]{64} expected, [0-9a-f]{64} found/,
      (copy) => copy.replace('dictionary.bin', flipped),
    ],
    [
      'a file of another shape than the manifest says',
      'SHAPE_MISMATCH',
      /dictionary\.bin has \d+ bytes, its shape asks for \d+/,
      (copy) => copy.replace('manifest.json', moreFeatures),
    ],
  ];

for (const [what, code, message, change] of broken) {
  test(`${what} is a clear error`, async (t) => {
    const copy = await copyModel(t);
    await change(copy);
    await assert.rejects(readModelFiles(copy.path), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('a folder as its manifest says is read, and its digest is that of the manifest', async (t) => {
  const copy = await copyModel(t);
  const first = await readModelFiles(copy.path);
  assert.match(first.digest, /^[0-9a-f]{64}$/);
  await copy.replace(
    'manifest.json',
    edit((m) => Object.assign(m, { version: '9.9.9' })),
  );
  assert.notEqual((await readModelFiles(copy.path)).digest, first.digest);
});

test('a graph that cannot be loaded, though signed, is an error at start', async (t) => {
  const copy = await copyModel(t);
  await copy.replaceAndSign('reader.onnx', cut);
  await assert.rejects(createDetector({ modelPath: copy.path, workers: 1 }), { name: 'DetectorError' });
});

test('weights that are not finite are an error of the push, counted, and no score', async (t) => {
  const copy = await copyModel(t);
  const notANumber = (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    for (let row = 0; row < changed.length; row += 216) changed.writeUInt16LE(0x7e00, row);
    return changed;
  };
  await copy.replaceAndSign('token-table.bin', notANumber);
  const detector = await createDetector({ modelPath: copy.path, workers: 1, timeoutMs: 120_000 });
  t.after(detector.close);
  const name = detector.featureset.concepts[0]?.name ?? '';
  const scorer = detector.createScorer({ role: 'user', signals: [`concept/${name}`] });
  await assert.rejects(scorer.end('hello'), { code: 'NON_FINITE' });
  await assert.rejects(scorer.end(), { code: 'NON_FINITE' });
  assert.equal(detector.stats().nonFinite, 1);
  assert.equal(detector.stats().tokensScored, 0);
});
