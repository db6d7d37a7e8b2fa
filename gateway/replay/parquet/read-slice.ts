import type { FileHandle } from 'node:fs/promises';

/** Bytes of a file, from one place to another.
 *  @throws {RangeError} where it ends before */
export async function readSlice(
  file: FileHandle,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${start + at}`);
    at += bytesRead;
  }
  return bytes;
}
