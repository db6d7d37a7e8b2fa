import { setImmediate } from 'node:timers/promises';

/** Asked for again and again while it is under way, it is done once more after that: nothing piles up.
 *  @param work - never throws */
export function oneAtATime(work: () => Promise<unknown>): () => void {
  let isDue = false;
  let isUnderWay = false;
  const run = async (): Promise<void> => {
    isUnderWay = true;
    while (isDue) {
      // What is asked for in this turn of the event loop is one.
      await setImmediate();
      isDue = false;
      await work();
    }
    isUnderWay = false;
  };
  return () => {
    isDue = true;
    if (!isUnderWay) void run();
  };
}
