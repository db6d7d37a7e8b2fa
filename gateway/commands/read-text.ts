import { readFile } from 'node:fs/promises';
import { CommandFailure } from './command.ts';

/** The text of a file, without the mark that some editors begin it with.
 *  @throws {CommandFailure} naming the file that cannot be read, or is no UTF-8 */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: Error) => {
    throw new CommandFailure(`${file}: cannot be read: ${cause.message}`, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CommandFailure(`${file}: is not UTF-8 text; save it as that`, { cause });
  }
}
