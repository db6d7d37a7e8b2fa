import {
  auroc,
  averagePrecision,
  countClasses,
  metricsAt,
  recallAtFpr,
  type ScoredLabel,
} from '../../detectors/index.ts';
import { CALIBRATED_THRESHOLD, type RowScores, scoreOf } from './row-scores.ts';

/** The figures of one label on some rows; null where undefined. */
export interface LabelFigures {
  readonly rows: number;
  readonly positives: number;
  readonly auroc: number | null;
  readonly auprc: number | null;
  readonly recall_at_1pct_fpr: number | null;
  /** The shipped threshold of the calibrated score, at which the next four are measured. */
  readonly threshold: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly fpr: number | null;
}

/** The figures of a topic's rows. */
export type TopicFigures = Pick<LabelFigures, 'rows' | 'positives' | 'auroc' | 'recall' | 'fpr'>;

/** What `telltale eval` prints. */
export interface EvalReport extends LabelFigures {
  /** Each concept against the label of its own name, on the rows that carry it. */
  readonly by_concept: Readonly<Record<string, LabelFigures>>;
  readonly by_topic: Readonly<Record<string, TopicFigures>>;
}

/** Measures a label on scored rows; rows that do not carry it are left out of everything. */
export function reportOf(scored: readonly RowScores[], label: string): EvalReport {
  const rows = scored.filter(({ row }) => row.labels.has(label));
  const names = [...(rows[0]?.concepts.keys() ?? [])];
  const figures = (members: readonly RowScores[], name: string) =>
    figuresOf(pairs(members, name), CALIBRATED_THRESHOLD);
  return {
    ...figures(rows, label),
    by_concept: Object.fromEntries(
      names.map((name) => [name, figuresOf(conceptPairs(rows, name), CALIBRATED_THRESHOLD)]),
    ),
    by_topic: Object.fromEntries(
      Map.groupBy(rows, ({ row }) => row.topic)
        .entries()
        .filter((entry): entry is [string, RowScores[]] => entry[0] !== null)
        .map(([topic, members]) => [topic, topicFigures(figures(members, label))]),
    ),
  };
}

/** The figures of scores against labels. */
export function figuresOf(rows: readonly ScoredLabel[], threshold: number): LabelFigures {
  return {
    rows: rows.length,
    positives: countClasses(rows).positives,
    auroc: auroc(rows),
    auprc: averagePrecision(rows),
    recall_at_1pct_fpr: recallAtFpr(rows, 0.01),
    threshold,
    ...metricsAt(rows, threshold),
  };
}

function pairs(rows: readonly RowScores[], label: string): ScoredLabel[] {
  return labelled(rows, label, (scores) => scoreOf(scores, label));
}

/** By the concept of the label's name, for `any` too. */
function conceptPairs(rows: readonly RowScores[], label: string): ScoredLabel[] {
  return labelled(rows, label, ({ concepts }) => concepts.get(label)?.score ?? 0);
}

function labelled(
  rows: readonly RowScores[],
  label: string,
  score: (scores: RowScores) => number,
): ScoredLabel[] {
  return rows
    .filter(({ row }) => row.labels.has(label))
    .map((scores) => ({ score: score(scores), isPositive: scores.row.labels.get(label) === 1 }));
}

function topicFigures({ rows, positives, auroc, recall, fpr }: LabelFigures): TopicFigures {
  return { rows, positives, auroc, recall, fpr };
}
