import assert from 'node:assert/strict';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { replaceFile } from '../../gateway/commands/replace-file.ts';

async function temporary(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-replace-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('a file that is replaced keeps who may read it, and a link to it stays a link', async (context) => {
  const folder = await temporary(context);
  const real = join(folder, 'real', 'a.yaml');
  await mkdir(join(folder, 'real'));
  await writeFile(real, 'before');
  await chmod(real, 0o640);
  await symlink('real/a.yaml', join(folder, 'link.yaml'));
  await replaceFile(join(folder, 'link.yaml'), 'after');
  assert.equal(await readFile(real, 'utf8'), 'after');
  assert.equal((await stat(real)).mode & 0o777, 0o640);
  assert.ok((await lstat(join(folder, 'link.yaml'))).isSymbolicLink());
  await replaceFile(join(folder, 'new.yaml'), 'new');
  assert.deepEqual((await readdir(folder)).sort(), ['link.yaml', 'new.yaml', 'real']);
});

test('what is no file is left as it is: a device, a folder', async (context) => {
  const folder = await temporary(context);
  await symlink('/dev/null', join(folder, 'null'));
  for (const name of ['null', '.']) {
    await assert.rejects(
      replaceFile(join(folder, name), 'text'),
      /cannot be written: it is no file; name a file/,
    );
  }
  assert.ok((await stat(join(folder, 'null'))).isCharacterDevice());
  assert.deepEqual(await readdir(folder), ['null']);
});
