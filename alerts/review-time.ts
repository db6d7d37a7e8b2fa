import type { Review } from './types.ts';

/** When a review is given: now, and later than the one that stands, since the time tells which of them a person has seen.
 *  @returns ISO 8601, UTC */
export function reviewTime(standing: Review | null): string {
  const after = standing === null ? 0 : Date.parse(standing.reviewedAt) + 1;
  return new Date(Math.max(Date.now(), after)).toISOString();
}
