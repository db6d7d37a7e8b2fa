import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles } from '../../rules/reference.ts';
import { loadTexts } from './rule-text.ts';

const ROOT = join(import.meta.dirname, '../..');

const FILES = await generatedFiles();

for (const [path, content] of FILES) {
  test(`${path} is what the schema says; npm run docs writes it`, async () => {
    const isSame = (await readFile(join(ROOT, path), 'utf8')) === content;
    assert.ok(isSame, `${path} differs from the schema: run npm run docs`);
  });
}

test('the example of the reference loads without a warning', async (t) => {
  const reference = FILES.get('docs/rules.md') ?? '';
  const example = /```yaml\n(.*?)```/s.exec(reference)?.[1] ?? '';
  const result = await loadTexts(t, [example.replace('featureset: default', 'featureset: tiny')]);
  assert.deepEqual(result.ok ? result.ruleSet.warnings : result.problems, []);
});
