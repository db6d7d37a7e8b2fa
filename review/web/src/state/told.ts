import type { Review } from '../../../wire.ts';

/** A read under way: of each exchange whose review changed since it was asked for, the review that was told. */
const readings = new Set<Map<string, Review | null>>();

/** A read whose answer may be older than what is told while it is on its way. */
export interface Reading {
  /** The review that stands, of the one that was read and what was told meanwhile. */
  standing(exchangeId: string, read: Review | null): Review | null;
  end(): void;
}

export function startReading(): Reading {
  const told = new Map<string, Review | null>();
  readings.add(told);
  return {
    standing: (exchangeId, read) => {
      const known = told.get(exchangeId);
      return known === undefined ? read : later(read, known);
    },
    end: () => void readings.delete(told),
  };
}

/** Notes a review that was saved or taken back, for what is being read. */
export function noteReview(exchangeId: string, review: Review | null): void {
  for (const told of readings) {
    told.set(exchangeId, later(told.get(exchangeId) ?? null, review));
  }
}

/** Of two reviews the one that was given later. One that was taken back has no time: the other of the two then went before.
 *  @param next - what was heard of last */
export function later(known: Review | null, next: Review | null): Review | null {
  return known !== null && next !== null && known.reviewedAt > next.reviewedAt ? known : next;
}
