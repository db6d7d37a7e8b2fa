import type {
  Activations,
  Detector,
  Role,
  SignalId,
  SparseActivations,
  TokenSpan,
} from '../../detectors/index.ts';

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
  const parts = [await scorer.push(text), await scorer.end()];
  return {
    tokens: parts.flatMap(({ tokens }) => tokens),
    signals: new Map(signals.map((signal) => [signal, joinSignal(parts, signal)])),
    features: joinFeatures(parts.map(({ features }) => features)),
  };
}

function joinSignal(parts: readonly Activations[], signal: SignalId): Float32Array {
  return Float32Array.from(parts.flatMap(({ signals }) => [...(signals.get(signal) ?? [])]));
}

function joinFeatures(parts: readonly SparseActivations[]): SparseActivations {
  const rowStart = [0];
  for (const part of parts) {
    const offset = rowStart.at(-1) ?? 0;
    for (let row = 1; row < part.rowStart.length; row++) rowStart.push(offset + (part.rowStart[row] ?? 0));
  }
  return {
    rowStart: Uint32Array.from(rowStart),
    index: Uint32Array.from(parts.flatMap(({ index }) => [...index])),
    value: Float32Array.from(parts.flatMap(({ value }) => [...value])),
  };
}
