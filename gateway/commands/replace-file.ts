import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandFailure } from './command.ts';

/** Writes a file whole or not at all, and seen so by a gateway that watches; what was written of it is taken away again. A
 *  link stays one, to the file that is written, and who may read a file stays as it was.
 *  @throws {CommandFailure} naming the file, also where it is a pipe or a device, which would be replaced by a file */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const before = await stat(file).catch(() => null);
  if (before !== null && !before.isFile()) {
    throw new CommandFailure(`${file}: cannot be written: it is no file; name a file`);
  }
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  try {
    await writeFile(beside, text);
    if (before !== null) await chmod(beside, before.mode & 0o7777);
    await rename(beside, target);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new CommandFailure(`${file}: cannot be written: ${(cause as Error).message}`, { cause });
  }
}
