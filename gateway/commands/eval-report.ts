import {
  auroc,
  averagePrecision,
  countClasses,
  metricsAt,
  recallAtFpr,
  type ScoredLabel,
} from '../../detectors/index.ts';
import { CONCEPT_THRESHOLD } from './any-label.ts';
import { type RowScores, strongestScore } from './row-scores.ts';

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

/** What is measured: a label, by the strongest calibrated score of some concepts. */
export interface Measured {
  readonly label: string;
  readonly concepts: readonly string[];
  /** Of the calibrated score. */
  readonly threshold: number;
}

/** Measures a label on scored rows; rows that do not carry it are left out of everything. */
export function reportOf(scored: readonly RowScores[], measured: Measured): EvalReport {
  const rows = scored.filter(({ row }) => row.labels.has(measured.label));
  const names = [...(rows[0]?.concepts.keys() ?? [])];
  const ofConcept = (name: string): Measured => ({
    label: name,
    concepts: [name],
    threshold: CONCEPT_THRESHOLD,
  });
  return {
    ...figuresOf(pairs(rows, measured), measured.threshold),
    by_concept: Object.fromEntries(
      names.map((name) => [name, figuresOf(pairs(rows, ofConcept(name)), CONCEPT_THRESHOLD)]),
    ),
    by_topic: Object.fromEntries(
      Map.groupBy(rows, ({ row }) => row.topic)
        .entries()
        .filter((entry): entry is [string, RowScores[]] => entry[0] !== null)
        .map(([topic, members]) => [
          topic,
          topicFigures(figuresOf(pairs(members, measured), measured.threshold)),
        ]),
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

function pairs(rows: readonly RowScores[], { label, concepts }: Measured): ScoredLabel[] {
  return rows
    .filter(({ row }) => row.labels.has(label))
    .map((scores) => ({
      score: strongestScore(scores, concepts),
      isPositive: scores.row.labels.get(label) === 1,
    }));
}

function topicFigures({ rows, positives, auroc, recall, fpr }: LabelFigures): TopicFigures {
  return { rows, positives, auroc, recall, fpr };
}
