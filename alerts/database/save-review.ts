import type { DatabaseSync } from 'node:sqlite';
import { reviewTime } from '../review-time.ts';
import { WITHDRAWN } from '../stored-rows.ts';
import type { NewReview, SavedReview } from '../types.ts';
import { createParts } from './read-parts.ts';
import { inTransaction } from './transaction.ts';

const SAVE = `INSERT INTO reviews (exchange_seq, verdict, comment, reviewer, reviewed_at) VALUES (?, ?, ?, ?, ?)`;

/** Prepares what saves reviews, as `ReviewStore.saveReview` says. */
export function createReviewWriter(database: DatabaseSync): (review: NewReview) => SavedReview {
  const find = database.prepare('SELECT seq, level_rank FROM exchanges WHERE exchange_id = ?');
  const save = database.prepare(SAVE);
  const parts = createParts(database);
  const saveOnce = ({ seen, ...review }: NewReview): SavedReview => {
    const { exchangeId, verdict, comment, reviewer } = review;
    const exchange = find.get(exchangeId);
    if (exchange === undefined) return { outcome: 'unknown_exchange' };
    if (exchange['level_rank'] === null) return { outcome: 'not_flagged' };
    const seq = Number(exchange['seq']);
    const standing = parts.review(seq, exchangeId);
    if (seen !== undefined && seen !== (standing?.reviewedAt ?? null)) {
      return { outcome: 'overtaken', review: standing };
    }
    const reviewedAt = reviewTime(standing);
    save.run(seq, verdict ?? WITHDRAWN, comment, reviewer, reviewedAt);
    return { outcome: 'saved', review: verdict === null ? null : { ...review, verdict, reviewedAt } };
  };
  return (review) => inTransaction(database, () => saveOnce(review));
}
