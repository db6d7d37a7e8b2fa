import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { toEvent } from '../to-event.ts';
import type { Alert, DeliveryOutcome, Sink } from '../types.ts';
import { appendWhole } from './append-whole.ts';
import { type Rotation, rotateFor } from './rotate.ts';

/** How a file sink is built. */
export interface FileSinkOptions {
  /** The JSON-lines file; it and its folder are made when missing. It may be moved away at any time. */
  readonly path: string;
  /** Default `file`. */
  readonly name?: string;
  /** Address of the review for the events' links; without it they carry a path. */
  readonly reviewUrl?: string;
  /** Left out: the file grows. */
  readonly rotation?: Rotation;
}

const PRIVATE = 0o600;

/** Appends one event a line and syncs before it says delivered. A write that failed half-way is taken back, so
 *  every line is whole; what a crash cut is taken back at the next delivery. While a write takes longer than whoever asked
 *  for it waited, nothing more is written. */
export function createFileSink({ path, name = 'file', reviewUrl, rotation }: FileSinkOptions): Sink {
  let isWriting = false;
  const deliver = async (alerts: readonly Alert[]): Promise<readonly DeliveryOutcome[]> => {
    const all = (outcome: DeliveryOutcome) => alerts.map(() => outcome);
    if (isWriting) return all({ outcome: 'retry', reason: `${path} is still being written` });
    const lines = alerts.map((alert) => `${JSON.stringify(toEvent(alert, reviewUrl))}\n`).join('');
    const bytes = Buffer.from(lines);
    isWriting = true;
    try {
      if (rotation !== undefined) await rotateFor(path, bytes.length, rotation);
      await append(path, bytes);
      return all({ outcome: 'delivered' });
    } catch (error) {
      return all({ outcome: 'retry', reason: `cannot append to ${path}: ${(error as Error).message}` });
    } finally {
      isWriting = false;
    }
  };
  return { name, deliver, close: async () => {} };
}

async function append(path: string, lines: Buffer): Promise<void> {
  const file = await openOrBegin(path);
  try {
    await appendWhole(file, lines);
  } finally {
    await file.close();
  }
}

/** A new file is for its owner alone: it holds excerpts. One that is there keeps its mode. */
async function openOrBegin(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+', PRIVATE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeFolder(dirname(path));
    return open(path, 'a+', PRIVATE);
  }
}
