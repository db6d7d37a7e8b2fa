import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { aggregateOf, createDetector, type SignalId } from '../../detectors/index.ts';

/** Bytes that are the same in every run. */
function bytes(count: number, seed: string): Buffer {
  const blocks = Array.from({ length: Math.ceil(count / 32) }, (_, index) =>
    createHash('sha256').update(`${seed}/${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, count);
}

const uuid = (seed: string) =>
  bytes(16, seed)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const MACHINE_TEXTS: Readonly<Record<string, string>> = {
  'base64 of data': bytes(150, 'a').toString('base64'),
  'base64 of a picture': Buffer.concat([
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    bytes(384, 'g'),
  ]).toString('base64'),
  'hexadecimal data': bytes(120, 'b').toString('hex'),
  hashes: Array.from({ length: 5 }, (_, index) => bytes(32, `c${index}`).toString('hex')).join('\n'),
  UUIDs: Array.from({ length: 6 }, (_, index) => uuid(`d${index}`)).join('\n'),
  'a token': `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${bytes(60, 'e').toString('base64url')}.${bytes(32, 'f').toString('base64url')}`,
};

test('hashes, identifiers and data in codes are no jailbreak, no injection and no harm at 1 in 100', async (context) => {
  const detector = await createDetector({ modelPath: 'models/default' });
  context.after(() => detector.close());
  const { featureset } = detector;
  for (const name of ['jailbreak', 'prompt_injection', 'harmful_request', 'any']) {
    const signal: SignalId = `concept/${name}`;
    const concept = featureset.concept(name);
    assert.ok(concept);
    for (const [kind, text] of Object.entries(MACHINE_TEXTS)) {
      for (const role of ['user', 'assistant', 'tool'] as const) {
        const read = await detector.createScorer({ role, signals: [signal] }).end(text);
        const values = read.signals.get(signal) ?? new Float32Array();
        const value = aggregateOf(concept.aggregate, values, read.tokens)?.value;
        assert.ok(value !== undefined);
        const rarity = featureset.rarity(signal, concept.aggregate, value) ?? Number.NaN;
        assert.ok(rarity < 2, `${kind} by ${role}: ${name} is 1 in ${Math.round(10 ** rarity)}`);
      }
    }
  }
});
