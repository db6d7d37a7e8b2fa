import { once } from 'node:events';
import type { Transform } from 'node:stream';

/** Gathers what a transform gives while some work on its other side goes on: a full readable side would stop the
 *  work for ever. Ends with the work, or when the transform is closed.
 *  @param onPart - false: enough, nothing more is gathered */
export async function drainDuring(
  transform: Transform,
  work: (done: () => void) => void,
  onPart: (part: Buffer) => boolean,
): Promise<void> {
  const drain = () => {
    for (
      let part = transform.read() as Buffer | null;
      part !== null;
      part = transform.read() as Buffer | null
    ) {
      if (!onPart(part)) return;
    }
  };
  const over = new AbortController();
  transform.on('readable', drain);
  try {
    await Promise.race([
      new Promise<void>((resolve) => work(resolve)),
      // Rejects with an error of the transform, which its owner hears, or since the work is over.
      once(transform, 'close', { signal: over.signal }).catch(() => {}),
    ]);
  } finally {
    over.abort();
    transform.off('readable', drain);
  }
  drain();
}
