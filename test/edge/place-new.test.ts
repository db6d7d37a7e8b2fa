import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CommandFailure } from '../../gateway/commands/command.ts';
import { placeNew } from '../../gateway/commands/place-new.ts';

const folder = mkdtempSync(join(tmpdir(), 'telltale-place-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a file that came to be there while another was written stays as it is', async () => {
  const [finished, file] = [join(folder, 'finished'), join(folder, 'week.parquet')];
  writeFileSync(finished, 'exported');
  await placeNew('rules export', finished, file);
  assert.equal(readFileSync(file, 'utf8'), 'exported');
  writeFileSync(file, 'of somebody else');
  const told = await placeNew('rules export', finished, file).catch((error: unknown) => error);
  assert.ok(told instanceof CommandFailure);
  assert.match(told.message, /rules export: \S+week\.parquet: is there already; name another/);
  assert.equal(readFileSync(file, 'utf8'), 'of somebody else');
});
