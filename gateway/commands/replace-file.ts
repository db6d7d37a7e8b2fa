import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandFailure } from './command.ts';

/** Writes a file whole or not at all, and seen so by a gateway that watches; what was written of it is taken away again.
 *  @throws {CommandFailure} naming the file */
export async function replaceFile(file: string, text: string): Promise<void> {
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  try {
    await writeFile(beside, text);
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new CommandFailure(`${file}: cannot be written: ${(cause as Error).message}`, { cause });
  }
}
