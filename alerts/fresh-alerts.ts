/** A backlog must not keep what is new: where more waits than a relay takes at once, a quarter of what it takes are the
 *  newest alerts before which nothing of their conversation waits. The rest are the oldest, so that a backlog ends. */

const SHARE = 4;

/** So many of the newest are looked at. */
export const FRESH_WINDOW = 512;

/** How many fresh ones find room. 0 where all that waits was taken.
 *  @param taken - of the oldest */
export function roomForFresh(taken: number, limit: number): number {
  return taken < limit ? 0 : Math.floor(limit / SHARE);
}

/** The oldest, and in place of the last of them the fresh ones, in the order of commits.
 *  @param fresh - all later than the oldest */
export function withFresh<Row>(oldest: readonly Row[], fresh: readonly Row[]): readonly Row[] {
  return [...oldest.slice(0, oldest.length - fresh.length), ...fresh];
}
