/** One row of an evaluation: a score, higher meaning more of the label, and whether the label holds. */
export interface ScoredLabel {
  readonly score: number;
  readonly isPositive: boolean;
}

/** What a threshold does to rows; null where a denominator is zero. */
export interface ThresholdMetrics {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** False-positive rate. */
  readonly fpr: number | null;
}

/** Rows that share one score, the highest score first. */
interface Tie {
  positives: number;
  negatives: number;
}

/** Area under the ROC curve: the chance that a positive scores above a negative, a tie counting half
 *  (Mann-Whitney U by average ranks); null with one class only. */
export function auroc(rows: readonly ScoredLabel[]): number | null {
  const totals = countClasses(rows);
  if (totals.positives === 0 || totals.negatives === 0) return null;
  let wins = 0;
  let negativesAbove = 0;
  for (const { positives, negatives } of tiesOf(rows)) {
    const negativesBelow = totals.negatives - negativesAbove - negatives;
    wins += positives * (negativesBelow + negatives / 2);
    negativesAbove += negatives;
  }
  return wins / (totals.positives * totals.negatives);
}

/** Average precision as scikit-learn defines it: the sum over thresholds of (R_n - R_(n-1)) P_n, without
 *  interpolation, rows of one score taken together; null with one class only. */
export function averagePrecision(rows: readonly ScoredLabel[]): number | null {
  const totals = countClasses(rows);
  if (totals.positives === 0 || totals.negatives === 0) return null;
  let truePositives = 0;
  let taken = 0;
  let area = 0;
  for (const { positives, negatives } of tiesOf(rows)) {
    truePositives += positives;
    taken += positives + negatives;
    area += (positives / totals.positives) * (truePositives / taken);
  }
  return area;
}

/** The highest recall that some threshold reaches with a false-positive rate of at most `maxFpr` on these rows; null
 *  with one class only. */
export function recallAtFpr(rows: readonly ScoredLabel[], maxFpr: number): number | null {
  const totals = countClasses(rows);
  if (totals.positives === 0 || totals.negatives === 0) return null;
  let truePositives = 0;
  let falsePositives = 0;
  let best = 0;
  for (const { positives, negatives } of tiesOf(rows)) {
    truePositives += positives;
    falsePositives += negatives;
    if (falsePositives / totals.negatives > maxFpr) break;
    best = truePositives / totals.positives;
  }
  return best;
}

/** Precision, recall, F1 and false-positive rate when every row that scores at least `threshold` is called positive. */
export function metricsAt(rows: readonly ScoredLabel[], threshold: number): ThresholdMetrics {
  const totals = countClasses(rows);
  const called = countClasses(rows.filter(({ score }) => score >= threshold));
  const missed = totals.positives - called.positives;
  return {
    precision: ratio(called.positives, called.positives + called.negatives),
    recall: ratio(called.positives, totals.positives),
    f1: ratio(2 * called.positives, 2 * called.positives + called.negatives + missed),
    fpr: ratio(called.negatives, totals.negatives),
  };
}

/** How many rows are positive and how many are not. */
export function countClasses(rows: readonly ScoredLabel[]): { positives: number; negatives: number } {
  const positives = rows.filter(({ isPositive }) => isPositive).length;
  return { positives, negatives: rows.length - positives };
}

function tiesOf(rows: readonly ScoredLabel[]): Tie[] {
  const ties = new Map<number, Tie>();
  for (const { score, isPositive } of rows.toSorted((a, b) => b.score - a.score)) {
    const tie = ties.get(score) ?? { positives: 0, negatives: 0 };
    ties.set(score, tie);
    tie[isPositive ? 'positives' : 'negatives']++;
  }
  return [...ties.values()];
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
