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

const NONE = { reviewed: 0, correct: 0, flagged: 0, flaggedCorrect: 0 };

export interface Reviews {
  add(isFlagged: boolean, reviewed: ReviewedAs | null): void;
  figures(): ReviewedFigures;
  /** The same counts, to be added to apart. */
  copy(): Reviews;
}

/** Counts what is flagged now against what reviewers said. */
export function createReviews(before: typeof NONE = NONE): Reviews {
  const counts = { ...before };
  return {
    add(isFlagged, reviewed) {
      if (reviewed === null) return;
      counts.reviewed += 1;
      if (reviewed === 'correct') counts.correct += 1;
      if (isFlagged) counts.flagged += 1;
      if (isFlagged && reviewed === 'correct') counts.flaggedCorrect += 1;
    },
    figures: () => ({
      reviewed: counts.reviewed,
      precision: proportionOf(counts.flaggedCorrect, counts.flagged),
      recall: proportionOf(counts.flaggedCorrect, counts.correct),
    }),
    copy: () => createReviews(counts),
  };
}
