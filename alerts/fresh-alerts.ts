/** A backlog must not keep what is new: where more waits than a relay takes at once, a quarter of what it takes are the
 *  newest alerts before which nothing of their conversation waits. The rest are the oldest, so that a backlog ends. */

const SHARE = 4;

/** So many of the newest are looked at. */
export const FRESH_WINDOW = 512;

/** What is taken of a sink's outbox. */
export interface Taken {
  /** How many of the oldest were taken. */
  readonly taken: number;
  /** By how much the newest number is above the last of them: at most so many wait behind it. */
  readonly behind: number;
  readonly limit: number;
}

/** How many fresh ones find room. 0 where all that waits was taken, or is taken next time. */
export function roomForFresh({ taken, behind, limit }: Taken): number {
  return taken < limit || behind <= limit ? 0 : Math.floor(limit / SHARE);
}

/** The oldest, and in place of the last of them the fresh ones, in the order of commits.
 *  @param fresh - all later than the oldest */
export function withFresh<Row>(oldest: readonly Row[], fresh: readonly Row[]): readonly Row[] {
  return [...oldest.slice(0, oldest.length - fresh.length), ...fresh];
}
