import { reviewTime } from '../review-time.ts';
import { WITHDRAWN } from '../stored-rows.ts';
import type { NewReview, SavedReview } from '../types.ts';
import type { PostgresDatabase } from './database.ts';
import { standingReviews } from './read.ts';
import { textToColumn } from './text.ts';

/** Whoever reviews one exchange waits for the other, so that neither overrides what it has not seen. */
const LOCK = `SELECT seq, level_rank IS NOT NULL AS "isFlagged" FROM exchanges
  WHERE exchange_id = $1 FOR UPDATE`;

const SAVE = `INSERT INTO reviews (exchange_seq, verdict, comment, reviewer, reviewed_at)
  VALUES ($1, $2, $3, $4, $5)`;

/** As `Writer.saveReview` of the embedded store. */
export function saveReview(
  { transaction }: PostgresDatabase,
  { seen, ...review }: NewReview,
): Promise<SavedReview> {
  const { exchangeId, verdict, comment, reviewer } = review;
  return transaction(async (query): Promise<SavedReview> => {
    const [exchange] = await query<{ seq: number; isFlagged: boolean }>(LOCK, [exchangeId]);
    if (exchange === undefined) return { outcome: 'unknown_exchange' };
    const { seq, isFlagged } = exchange;
    if (!isFlagged) return { outcome: 'not_flagged' };
    const standing = (await standingReviews(query, [{ cursor: seq, exchangeId }])).get(seq) ?? null;
    if (seen !== undefined && seen !== (standing?.reviewedAt ?? null)) {
      return { outcome: 'overtaken', review: standing };
    }
    const reviewedAt = reviewTime(standing);
    await query(SAVE, [seq, verdict ?? WITHDRAWN, textToColumn(comment), reviewer, reviewedAt]);
    return { outcome: 'saved', review: verdict === null ? null : { ...review, verdict, reviewedAt } };
  });
}
