import type { PartitionLag } from '../../alerts/index.ts';
import type { DueTime } from '../events/due-clock.ts';

/** How far a worker has come. Its time is that of the exchanges: while it is behind, what has not followed yet may stand
 *  in the topic. */
export interface Progress extends DueTime {
  /** @param endedAtMs - when an exchange ended that is on disk now */
  note(endedAtMs: number): void;
  /** What is left in the partitions of this worker. */
  setLag(lag: readonly PartitionLag[]): void;
  lag(): readonly PartitionLag[];
}

/** Between two looks at the lag. */
export const LAG_MS = 5_000;

/** Nothing is known yet. */
export function createProgress(wall: () => number = Date.now): Progress {
  let reachedMs = 0;
  let lag: readonly PartitionLag[] | null = null;
  const isCaughtUp = () => lag?.every(({ messages }) => messages === 0) ?? false;
  return {
    lookMs: LAG_MS,
    // What came since the last look is not seen yet.
    now: () => (isCaughtUp() ? Math.max(reachedMs, wall() - 2 * LAG_MS) : reachedMs),
    note(endedAtMs) {
      reachedMs = Math.max(reachedMs, endedAtMs);
    },
    setLag(now) {
      lag = now;
    },
    lag: () => lag ?? [],
  };
}
