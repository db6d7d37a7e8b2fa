import type { FileHandle } from 'node:fs/promises';
import { wholeLines } from './whole-lines.ts';

/** Appends lines and syncs them. Where that fails half-way it is taken back, unless somebody else has written behind it
 *  meanwhile: what others wrote stays, whatever is before it.
 *  @param file - open for reading and appending
 *  @throws the error of the write or the sync */
export async function appendWhole(file: FileHandle, lines: Buffer): Promise<void> {
  const size = await wholeLines(file);
  let written = 0;
  try {
    while (written < lines.length) {
      const { bytesWritten } = await file.write(lines, written);
      written += bytesWritten;
    }
    await file.datasync();
  } catch (error) {
    if ((await file.stat()).size === size + written) await file.truncate(size);
    throw error;
  }
}
