import {
  aggregateOf,
  type Concept,
  type Detector,
  type Featureset,
  type SignalId,
} from '../../detectors/index.ts';
import { CommandFailure } from './command.ts';
import type { EvalRow } from './eval-rows.ts';
import { type SegmentScores, scoreSegment } from './score-segment.ts';

/** The calibrated score that 1 % of ordinary segments reach: -log10(0.01). */
export const CALIBRATED_THRESHOLD = 2;

/** A concept in one row: the strongest of the judged segments, a disguised one read without its disguise too. */
export interface ConceptScore {
  /** -log10 of the share of ordinary segments that score so high; 0 for a row without a token. */
  readonly score: number;
  /** The concept's aggregate in its own units; null for a row without a token. */
  readonly value: number | null;
}

/** What was measured of one row. */
export interface RowScores {
  readonly row: EvalRow;
  readonly concepts: ReadonlyMap<string, ConceptScore>;
  /** Harm of any kind, calibrated as concepts are; null where the featureset knows no such score. */
  readonly any: number | null;
  readonly tokens: number;
}

/** Scores the judged segments of a row for every concept. */
export async function scoreRow(detector: Detector, row: EvalRow): Promise<RowScores> {
  const { concepts } = detector.featureset;
  const signals = concepts.map(conceptSignal);
  const segments: SegmentScores[] = [];
  // One after another: rows are what is worked on at once, and a row of many messages must not fill the queue.
  for (const { role, text } of row.segments) {
    const views = [text, detector.readableView(text)?.text].filter((view) => view !== undefined);
    for (const view of views) segments.push(await scoreSegment(detector, { role, text: view, signals }));
  }
  return {
    row,
    concepts: new Map(
      concepts.map((concept) => [concept.name, strongest(detector.featureset, concept, segments)]),
    ),
    any: anyHarm(detector.featureset, segments),
    tokens: segments.reduce((total, { tokens }) => total + tokens.length, 0),
  };
}

/** The calibrated score that a label is measured by: that of the concept of its name, for `any` harm of any kind. */
export function scoreOf({ concepts, any }: RowScores, label: string): number {
  const own = concepts.get(label)?.score ?? 0;
  return label === 'any' ? (any ?? own) : own;
}

function anyHarm(featureset: Featureset, segments: readonly SegmentScores[]): number | null {
  const { anyHarm: any } = featureset;
  if (any == null) return null;
  const scores = any.readings.map(
    ({ concept, aggregate }) => strongest(featureset, { name: concept, aggregate }, segments).score,
  );
  return any.rarity(Math.max(...scores));
}

function strongest(
  featureset: Featureset,
  concept: Pick<Concept, 'name' | 'aggregate'>,
  segments: readonly SegmentScores[],
): ConceptScore {
  const signal = conceptSignal(concept);
  const values = segments.flatMap(({ tokens, signals }) => {
    const best = aggregateOf(concept.aggregate, signals.get(signal) ?? new Float32Array(), tokens);
    return best === null ? [] : [best.value];
  });
  if (values.length === 0) return { score: 0, value: null };
  const value = Math.max(...values);
  const score = featureset.rarity(signal, concept.aggregate, value);
  if (score === undefined) throw new CommandFailure(`concept ${concept.name} has no calibration`);
  return { score, value };
}

function conceptSignal({ name }: Pick<Concept, 'name'>): SignalId {
  return `concept/${name}`;
}
