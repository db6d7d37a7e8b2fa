import { setImmediate } from 'node:timers/promises';

/** A text that nobody waits for is read so much later at most. */
const HEAD_START_MS = 20;

/** Resolves when the first bytes of an answer have had their way to the client, or after the time: threads that read take
 *  a core for 10 ms, and where cores are few the upstream and its answer would wait for it.
 *  Never rejects.
 *  @param asked - settles with the answer's head, or with why there is none */
export async function headStart(asked: Promise<unknown>, maxMs: number = HEAD_START_MS): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, maxMs);
  });
  // What failed is told to whoever waits for the answer.
  await Promise.race([asked, late]).catch(() => {});
  clearTimeout(timer);
  // What came with the head is written by the end of this turn of the event loop.
  await setImmediate();
}
