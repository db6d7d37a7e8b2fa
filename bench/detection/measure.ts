import type { Detector, ScoredLabel } from '../../detectors/index.ts';
import { type Figures, figuresOf, generator, mean } from './figures.ts';
import type { MeasuringRow } from './rows.ts';
import { scoreTexts, type TextScores } from './score.ts';
import { TRANSFORMS } from './transforms.ts';

/** A row with what the detector made of it. */
interface Scored extends MeasuringRow {
  readonly scores: TextScores;
}

/** Every figure of the report. */
export interface Measured {
  readonly featureset: string;
  readonly rows: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Of `any`, by part. */
  readonly parts: Readonly<Record<string, Figures & { readonly probe: number | null }>>;
  readonly labels: Readonly<Record<string, LabelFigures>>;
  readonly languages: Readonly<Record<string, Figures>>;
  readonly roles: Readonly<Record<string, Figures>>;
  readonly lengths: Readonly<Record<string, Figures>>;
  readonly transforms: Readonly<Record<string, TransformFigures>>;
}

/** A label over all written and later rows together, and the mean AUROC over the parts of each kind. */
export interface LabelFigures extends Figures {
  readonly probe: number | null;
  readonly byKind: Readonly<Record<string, number | null>>;
}

/** `any` on disguised texts, beside the same texts undisguised. */
export interface TransformFigures {
  readonly auroc: number | null;
  readonly recall: number | null;
  /** Recall at the 1 % threshold over that of the undisguised texts. */
  readonly recallKept: number | null;
  readonly falsePositiveRate: number | null;
}

export const KINDS = ['written', 'later', 'dev', 'transfer'] as const;
const DISGUISED_ROWS = 500;
const LEAST_ROWS = 40;
const LENGTHS = [16, 64, 256, Number.POSITIVE_INFINITY];

/** Measures the detector on rows that were not trained on. */
export async function measure(detector: Detector, rows: readonly MeasuringRow[]): Promise<Measured> {
  const startedMs = performance.now();
  const scores = await scoreTexts(detector, rows);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const scored = rows.map((row, index) => ({ ...row, scores: scores[index] as TextScores }));
  const own = scored.filter(({ part }) => kindOf(part) === 'written' || kindOf(part) === 'later');
  return {
    featureset: detector.featureset.digest,
    rows: rows.length,
    tokens: scores.reduce((total, { tokens }) => total + tokens, 0),
    seconds,
    parts: grouped(
      scored,
      ({ part }) => part,
      1,
      (members) => ({
        ...figuresOf(pairs(members, 'any')),
        probe: figuresOf(pairs(members, 'any', 'probe')).auroc,
      }),
    ),
    labels: Object.fromEntries(
      detector.featureset.concepts.map(({ name }) => [name, labelFigures(scored, own, name)]),
    ),
    languages: grouped(own, ({ lang }) => lang, LEAST_ROWS, anyFigures),
    roles: grouped(own, ({ role }) => role, LEAST_ROWS, anyFigures),
    lengths: grouped(own, lengthOf, LEAST_ROWS, anyFigures),
    transforms: await disguised(detector, own),
  };
}

function labelFigures(all: readonly Scored[], own: readonly Scored[], label: string): LabelFigures {
  const byPart = Object.entries(
    grouped(
      all,
      ({ part }) => part,
      1,
      (members) => figuresOf(pairs(members, label)).auroc,
    ),
  );
  return {
    ...figuresOf(pairs(own, label)),
    probe: figuresOf(pairs(own, label, 'probe')).auroc,
    byKind: Object.fromEntries(
      KINDS.map((kind) => [
        kind,
        mean(byPart.filter(([part]) => kindOf(part) === kind).map(([, value]) => value)),
      ]),
    ),
  };
}

async function disguised(detector: Detector, own: readonly Scored[]): Promise<Measured['transforms']> {
  const rows = sample(
    own.filter(({ lang, labels }) => lang === 'en' && labels['any'] !== undefined),
    DISGUISED_ROWS,
  );
  const plain = figuresOf(pairs(rows, 'any'));
  const found: Record<string, TransformFigures> = { none: transformFigures(plain, plain) };
  for (const [name, change] of Object.entries(TRANSFORMS)) {
    const scores = await scoreTexts(
      detector,
      rows.map(({ role, text }) => ({ role, text: change(text) })),
    );
    const changed = rows.map((row, index) => ({ ...row, scores: scores[index] as TextScores }));
    found[name] = transformFigures(figuresOf(pairs(changed, 'any')), plain);
  }
  return found;
}

function transformFigures({ auroc, shipped1 }: Figures, plain: Figures): TransformFigures {
  const before = plain.shipped1.recall;
  return {
    auroc,
    recall: shipped1.recall,
    recallKept: before && shipped1.recall !== null ? shipped1.recall / before : null,
    falsePositiveRate: shipped1.fpr,
  };
}

function anyFigures(members: readonly Scored[]): Figures {
  return figuresOf(pairs(members, 'any'));
}

function pairs(rows: readonly Scored[], label: string, by: 'concept' | 'probe' = 'concept'): ScoredLabel[] {
  return rows.flatMap(({ labels, scores }) => {
    const score = scores[by][label];
    return labels[label] === undefined || score === undefined
      ? []
      : [{ score, isPositive: labels[label] === 1 }];
  });
}

function grouped<T>(
  rows: readonly Scored[],
  key: (row: Scored) => string,
  least: number,
  figures: (members: readonly Scored[]) => T,
): Record<string, T> {
  return Object.fromEntries(
    [...Map.groupBy(rows, key)]
      .filter(([, members]) => members.length >= least)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, members]) => [name, figures(members)]),
  );
}

function sample<T>(rows: readonly T[], count: number): T[] {
  const draw = generator(17);
  return rows
    .map((row) => ({ row, at: draw() }))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ row }) => row);
}

/** `written`, `later`, `dev` or `transfer`. */
export function kindOf(part: string): string {
  return part.split('/', 1)[0] ?? '';
}

function lengthOf({ scores: { tokens } }: Scored): string {
  const upper = LENGTHS.findIndex((bound) => tokens < bound);
  const from = upper === 0 ? 0 : LENGTHS[upper - 1];
  return Number.isFinite(LENGTHS[upper])
    ? `${String(from).padStart(3)} to ${LENGTHS[upper]} tokens`
    : `${from} tokens and more`;
}
