import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AlertsError } from './alerts-error.ts';

/** Makes a folder and those above it where they are missing, one after another: Node's recursive way asks again without
 *  end where a folder that is there takes none, as /proc does.
 *  @param mode - of those that are made; default: what the process lets
 *  @throws {AlertsError} STORE_UNWRITABLE where the folder above is there and takes none; else what the system said */
export function makeFolder(folder: string, mode?: number): void {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Another process may have made it meanwhile.
    if (code === 'EEXIST' && isFolder(folder)) return;
    if (code !== 'ENOENT') throw cause;
    throw new AlertsError(
      'STORE_UNWRITABLE',
      `${folder} cannot be made: ${above} takes no folders (ENOENT)`,
      {
        cause,
      },
    );
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
