import { type Proportion, proportionOf } from './proportion.ts';

/** What a reviewer made of an exchange that was flagged. */
export type ReviewedAs = 'correct' | 'false_alarm';

/** How rules did against what reviewers said. */
export interface ReviewedFigures {
  /** Exchanges, and of correlations records of no exchange, with a verdict of a reviewer that can be told of. */
  readonly reviewed: number;
  /** Confirmed ones among the reviewed ones that are flagged now. */
  readonly precision: Proportion | null;
  /** Those flagged now among the confirmed ones. What was never flagged was never reviewed: this is recall among what
   *  was found then. */
  readonly recall: Proportion | null;
}

/** Counts what is flagged now against what reviewers said. */
export function createReviews() {
  const counts = { reviewed: 0, correct: 0, flagged: 0, flaggedCorrect: 0 };
  return {
    add(isFlagged: boolean, reviewed: ReviewedAs | null): void {
      if (reviewed === null) return;
      counts.reviewed += 1;
      if (reviewed === 'correct') counts.correct += 1;
      if (isFlagged) counts.flagged += 1;
      if (isFlagged && reviewed === 'correct') counts.flaggedCorrect += 1;
    },
    figures: (): ReviewedFigures => ({
      reviewed: counts.reviewed,
      precision: proportionOf(counts.flaggedCorrect, counts.flagged),
      recall: proportionOf(counts.flaggedCorrect, counts.correct),
    }),
  };
}
