import type { Detector, Role, SignalId, SparseActivations, TokenSpan } from '../../detectors/index.ts';

/** What the reader saw in a whole segment. */
export interface SegmentScores {
  readonly tokens: readonly TokenSpan[];
  /** float32 [tokens.length] per signal. */
  readonly signals: ReadonlyMap<SignalId, Float32Array>;
  readonly features: SparseActivations;
}

/** A text to be scored as one segment. */
export interface SegmentText {
  readonly role: Role;
  readonly text: string;
  readonly signals: readonly SignalId[];
}

/** Nobody waits on the other end: better late than refused. */
const TIMEOUT_MS = 600_000;

/** Scores a whole text as one segment. */
export async function scoreSegment(detector: Detector, segment: SegmentText): Promise<SegmentScores> {
  const { role, text, signals } = segment;
  const scorer = detector.createScorer({ role, signals, priority: 'observe', timeoutMs: TIMEOUT_MS });
  return scorer.end(text);
}
