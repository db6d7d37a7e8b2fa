import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandFailure } from './command.ts';

/** Looks whether a file can come to lie in its folder, before the work of which it is to hold the outcome.
 *  @param asked - what named the file: `rules init: --out rules/mine.yaml`
 *  @throws {CommandFailure} naming the folder and what is wrong with it */
export async function checkFolder(asked: string, file: string): Promise<void> {
  const folder = dirname(file);
  const why = await whyNot(folder);
  if (why !== null) throw new CommandFailure(`${asked}: ${why}`);
}

/** Why nothing is written where a file is. */
export const IS_THERE = 'is there already; name another';

/** Looks whether a new file can come to lie there, which is never written over.
 *  @throws {CommandFailure} where a file is there, none can be, or it cannot be told */
export async function checkFree(asked: string, file: string): Promise<void> {
  await checkFolder(asked, file);
  const why = await stat(file).then(
    () => IS_THERE,
    ({ code, message }: NodeJS.ErrnoException) => (code === 'ENOENT' ? null : message),
  );
  if (why !== null) throw new CommandFailure(`${asked}: ${why}`);
}

async function whyNot(folder: string): Promise<string | null> {
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is no folder`;
    await access(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no folder ${folder}; make it, or name another`;
    return `nothing can be written into ${folder}: ${message}`;
  }
}
