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

test('every key of a rule file says in an editor what it means', async () => {
  const root = JSON.parse(await readFile(join(ROOT, 'rules/schema.json'), 'utf8'));
  const silent: string[] = [];
  let keys = 0;
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties } = node as {
      readonly properties?: Record<string, { $ref?: string; description?: string }>;
    };
    for (const [key, one] of Object.entries(properties ?? {})) {
      const { $ref = '' } = one;
      const meant = $ref === '' ? one : root.$defs[$ref.replace('#/$defs/', '')];
      keys += 1;
      if (!(one.description ?? meant?.description)) silent.push(`${path}/${key}`);
    }
    for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
  };
  visit(root, '');
  assert.ok(keys > 100, String(keys));
  assert.deepEqual(silent, []);
});
