import { constants, copyFile, link } from 'node:fs/promises';
import { IS_THERE } from './check-folder.ts';
import { CommandFailure } from './command.ts';

/** Gives a finished file its name. One that came to be there meanwhile stays as it is; the finished file stays where it is.
 *  @throws {CommandFailure} where a file is there, or as the file system says it */
export async function placeNew(command: string, finished: string, file: string): Promise<void> {
  try {
    await link(finished, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // A file system without links.
      return copyFile(finished, file, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandFailure(`${command}: ${file}: ${IS_THERE}`, { cause: error });
  }
}
