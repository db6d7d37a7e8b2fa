import { open, rename, rm, stat } from 'node:fs/promises';
import { wholeLines } from './whole-lines.ts';

/** When a file is put aside and a new one begun. */
export interface Rotation {
  /** The file that would grow beyond this is put aside first. */
  readonly maxBytes: number;
  /** Files put aside, `path.1` the newest; the oldest is removed for another. */
  readonly keep: number;
}

/** Makes room for `bytes` more in the file at `path`. What is put aside has whole lines only. A crash half-way leaves a gap
 *  in the numbers and loses no file. The new file has the mode of the one put aside: somebody else may have been let read
 *  it. */
export async function rotateFor(path: string, bytes: number, { maxBytes, keep }: Rotation): Promise<void> {
  const { size, mode } = await stateOf(path);
  if (size === 0 || size + bytes <= maxBytes) return;
  await cutHalfLine(path);
  await rm(`${path}.${keep}`, { force: true });
  for (let number = keep - 1; number > 0; number -= 1)
    await move(`${path}.${number}`, `${path}.${number + 1}`);
  await move(path, `${path}.1`);
  const next = await open(path, 'a', 0o600);
  try {
    await next.chmod(mode & 0o777);
  } finally {
    await next.close();
  }
}

async function cutHalfLine(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await wholeLines(file);
  } finally {
    await file.close();
  }
}

/** What is no file has no size: appending to it says what is wrong with it. */
async function stateOf(path: string): Promise<{ readonly size: number; readonly mode: number }> {
  try {
    const state = await stat(path);
    return state.isFile() ? state : { size: 0, mode: 0 };
  } catch {
    // It is not there yet; where it cannot be read for another reason, appending to it says so.
    return { size: 0, mode: 0 };
  }
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
