import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { RuleFile } from '../../rules/schema.ts';

const SHIPPED = join(import.meta.dirname, '../../rules/shipped');

const BEHAVIOURS = [
  'child-safety',
  'cyber',
  'deception',
  'fraud',
  'harassment',
  'harmful-request',
  'harmful-response',
  'hate',
  'illicit-and-weapons',
  'jailbreak',
  'misinformation',
  'power-seeking',
  'privacy',
  'prompt-injection',
  'refusal',
  'self-harm',
  'sexual',
  'sycophancy',
  'system-prompt-extraction',
  'toxicity',
  'violence',
];

test('each behaviour has its file', async () => {
  const files = await readdir(SHIPPED);
  assert.deepEqual(
    files.filter((name) => name.endsWith('.yaml')).toSorted(),
    BEHAVIOURS.map((name) => `${name}.yaml`),
  );
});

for (const behaviour of BEHAVIOURS) {
  test(`every rule on ${behaviour} has ten tests that fire and ten near-misses, all different, and its tag`, async () => {
    const file = parse(await readFile(join(SHIPPED, `${behaviour}.yaml`), 'utf8')) as RuleFile;
    for (const { name, tests, tags, falsepositives } of file.rules ?? []) {
      const texts = (expect: string) => tests.filter((one) => one.expect === expect).map(({ text }) => text);
      assert.ok(texts('fire').length >= 10, `${name}: ${texts('fire').length} fire`);
      assert.ok(texts('quiet').length >= 10, `${name}: ${texts('quiet').length} quiet`);
      assert.equal(new Set(tests.map(({ text }) => text)).size, tests.length, name);
      assert.ok(tags.includes(`behaviour.${behaviour}`), `${name}: ${tags.join()}`);
      assert.ok((falsepositives ?? []).length > 0, name);
    }
  });
}
