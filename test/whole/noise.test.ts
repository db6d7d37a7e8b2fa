import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDetector } from '../../detectors/index.ts';
import { testRules } from '../../rules/index.ts';

/** Rules of each kind: said by users, by assistants, by tools, by anybody. */
const RULES = [
  'harmful-request',
  'deception',
  'prompt-injection',
  'fraud',
  'hate',
  'self-harm',
  'violence',
].map((name) => `rules/shipped/${name}.yaml`);

/** How many of the texts that must fire do so, under those rules. */
async function fired(modelPath: string): Promise<{ right: number; of: number }> {
  const detector = await createDetector({ modelPath, timeoutMs: 240_000 });
  try {
    const report = await testRules(RULES, detector);
    const positives = report.results.filter(({ expect }) => expect === 'fire');
    return { right: positives.filter(({ hasFired }) => hasFired).length, of: positives.length };
  } finally {
    await detector.close();
  }
}

/** A featureset whose encoder is noise of the same size, with a manifest that vouches for it. */
function copyWithNoise(folder: string): void {
  cpSync('models/default', folder, { recursive: true });
  const path = join(folder, 'dictionary.bin');
  const bytes = readFileSync(path);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const { features } = manifest.dictionary;
  const rows = new Uint16Array(bytes.buffer, bytes.byteOffset, features * manifest.reader.dModel);
  let state = 20261126;
  for (let index = rows.length - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (index + 1);
    const kept = rows[index] ?? 0;
    rows[index] = rows[other] ?? 0;
    rows[other] = kept;
  }
  writeFileSync(path, bytes);
  manifest.files['dictionary.bin'].sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

test('with noise in place of the dictionary the shipped rules find almost nothing', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-noise-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  copyWithNoise(folder);
  const real = await fired('models/default');
  const noise = await fired(folder);
  assert.ok(real.right > real.of / 2, `${real.right} of ${real.of} with the dictionary`);
  assert.ok(
    noise.right < real.right / 4,
    `${noise.right} of ${noise.of} with noise, ${real.right} with the dictionary`,
  );
});
