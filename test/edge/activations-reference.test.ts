import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { activationsReference } from '../../docs/activations.ts';
import { ACTIVATION_COLUMNS } from '../../gateway/replay/activation-table.ts';

test('docs/activations.md names every column of an export; npm run docs writes it', () => {
  const reference = activationsReference();
  for (const { name } of ACTIVATION_COLUMNS)
    assert.match(reference, new RegExp(`^\\| \`${name}\` \\| .+ \\| .* \\| \\S.* \\|$`, 'm'));
  const written = readFileSync(join(import.meta.dirname, '../../docs/activations.md'), 'utf8');
  assert.ok(written === reference, 'docs/activations.md differs: run npm run docs');
});
