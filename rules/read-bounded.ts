import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export type BoundedRead = { readonly bytes: Buffer } | { readonly refused: string };

export interface ReadBounds {
  readonly maxBytes: number;
  /** Whether what is no file, such as a pipe that is named on the command line, is read too. */
  readonly takesPipes: boolean;
  /** How long a pipe may keep silent; default 30,000. */
  readonly patienceMs?: number;
}

const CHUNK_BYTES = 65_536;
const PAUSE_MS = 20;

/** Reads a file to its end, and never more than the bound. What would never end, or never begin, is refused: a named pipe
 *  that nobody writes to would hold up every reload after it, and a link to a device is without end.
 *  @throws what the file system throws */
export async function readBounded(path: string, bounds: ReadBounds): Promise<BoundedRead> {
  // Opening a pipe waits for a writer, for ever and in one of the few threads that read files.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile() && !bounds.takesPipes) {
      return { refused: 'is no file but a pipe, a device or the like; move it out of the folder' };
    }
    if (status.size > bounds.maxBytes)
      return { refused: `the file has ${status.size} bytes, more than ${bounds.maxBytes}; split it` };
    return await readToEnd(handle, bounds);
  } finally {
    await handle.close();
  }
}

async function readToEnd(handle: FileHandle, bounds: ReadBounds): Promise<BoundedRead> {
  const { maxBytes, patienceMs = 30_000 } = bounds;
  const chunks: Buffer[] = [];
  let size = 0;
  let silentMs = 0;
  while (size <= maxBytes) {
    const bytes = await readSome(handle);
    if (bytes === null) {
      if (silentMs >= patienceMs) return { refused: `nothing came for ${patienceMs / 1_000} s` };
      await sleep(PAUSE_MS);
      silentMs += PAUSE_MS;
      continue;
    }
    if (bytes.length === 0) return { bytes: Buffer.concat(chunks) };
    silentMs = 0;
    chunks.push(bytes);
    size += bytes.length;
  }
  return { refused: `the file has more than ${maxBytes} bytes; split it` };
}

/** null where a pipe has nothing yet. */
async function readSome(handle: FileHandle): Promise<Buffer | null> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
