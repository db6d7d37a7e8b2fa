import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SETTINGS } from '../../gateway/config/environment.ts';
import { createConfigReference } from '../../gateway/config/reference.ts';

const reference = createConfigReference();

test('the reference in the repository is the one of the schema', () => {
  assert.equal(readFileSync('docs/config.md', 'utf8'), reference, 'npm run docs writes it');
});

test('the reference has every setting with its variables and its default', () => {
  for (const { path, variables, standard } of SETTINGS) {
    for (const variable of variables) assert.ok(reference.includes(`\`${variable}\``), variable);
    const [strongest = ''] = variables;
    const row = reference.split('\n').find((line) => line.includes(`| \`${strongest}\``));
    // Lists of objects have a part of their own.
    if (row === undefined) assert.deepEqual(standard, [], path.join('.'));
    else assert.ok(row.includes(`| \`${JSON.stringify(standard)}\` |`), row);
  }
});

test('every key of the reference says what it means and which values it has', () => {
  const rows = reference.split('\n').filter((line) => line.startsWith('| `'));
  assert.ok(rows.length > SETTINGS.length);
  for (const row of rows) {
    const cells = row.split(' | ');
    assert.ok((cells.at(-1) ?? '').replace('|', '').trim().length > 3, row);
    assert.ok(!row.includes('undefined'), row);
  }
});
