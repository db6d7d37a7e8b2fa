import type { Writable } from 'node:stream';
import { toEvent } from '../to-event.ts';
import type { DeliveryOutcome, Sink } from '../types.ts';

/** How a sink for standard output is built. */
export interface StdoutSinkOptions {
  /** Default `stdout`. */
  readonly name?: string;
  readonly reviewUrl?: string;
  /** Default `process.stdout`. */
  readonly stream?: Writable;
}

/** Writes one event a line, delivered once the system has taken it. While nobody reads, what was written last waits in
 *  the stream and nothing more is put there. */
export function createStdoutSink({
  name = 'stdout',
  reviewUrl,
  stream = process.stdout,
}: StdoutSinkOptions = {}): Sink {
  let isWriting = false;
  const write = (lines: string): Promise<void> =>
    new Promise((resolve, reject) => {
      isWriting = true;
      stream.write(lines, (error) => {
        isWriting = false;
        if (error) reject(error);
        else resolve();
      });
    });
  // A reader that left is an outcome of the write; without a listener it would end the process.
  const ignore = (): void => {};
  stream.on('error', ignore);
  return {
    name,
    async deliver(alerts) {
      const all = (outcome: DeliveryOutcome) => alerts.map(() => outcome);
      if (isWriting) return all({ outcome: 'retry', reason: `${name} is not read` });
      try {
        await write(alerts.map((alert) => `${JSON.stringify(toEvent(alert, reviewUrl))}\n`).join(''));
        return all({ outcome: 'delivered' });
      } catch (error) {
        return all({ outcome: 'retry', reason: `${name} takes nothing: ${(error as Error).message}` });
      }
    },
    async close() {
      stream.off('error', ignore);
    },
  };
}
