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
  const scoreOf = (concept: Concept) => strongest(detector.featureset, concept, segments);
  return {
    row,
    concepts: new Map(concepts.map((concept) => [concept.name, scoreOf(concept)])),
    tokens: segments.reduce((total, { tokens }) => total + tokens.length, 0),
  };
}

/** The strongest calibrated score of some concepts in a row. */
export function strongestScore(scores: RowScores, concepts: readonly string[]): number {
  return Math.max(...concepts.map((name) => scores.concepts.get(name)?.score ?? 0));
}

function strongest(
  featureset: Featureset,
  concept: Concept,
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

function conceptSignal({ name }: Concept): SignalId {
  return `concept/${name}`;
}
