import {
  type Activations,
  aggregateOf,
  type Detector,
  type Role,
  type SignalId,
} from '../../detectors/index.ts';
import type { SignalToTry } from './signals-to-try.ts';

/** Examples of what a rule is to find, and of what it is to leave alone. */
export interface Examples {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
}

/** One signal over the examples: a value each, under the signal's own aggregate, the wanted ones first; that of a text
 *  without tokens is negative infinity. */
export interface SignalScores extends SignalToTry {
  readonly scores: readonly number[];
}

const AT_ONCE = 16;
/** Nobody waits: better late than refused. */
const TIMEOUT_MS = 600_000;

/** Reads every example once, for all signals together.
 *  @param role - who says the examples */
export async function scoreExamples(
  detector: Detector,
  { wanted, unwanted, role }: Examples & { readonly role: Role },
  signals: readonly SignalToTry[],
): Promise<readonly SignalScores[]> {
  const read = readingOf(detector, signals);
  const rows: number[][] = [];
  const queue = [...wanted, ...unwanted].entries();
  const worker = async () => {
    for (const [i, text] of queue) {
      const scorer = detector.createScorer({
        role,
        signals: read,
        priority: 'observe',
        timeoutMs: TIMEOUT_MS,
      });
      rows[i] = scoresOf(await scorer.end(text), signals);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return signals.map((signal, column) => ({
    ...signal,
    scores: rows.map((row) => row[column] ?? Number.NEGATIVE_INFINITY),
  }));
}

/** What the reader is asked for. Features that a concept is made of come with it, as they are few in a token; a signal of
 *  its own would be a number for each token and feature. */
function readingOf({ featureset }: Detector, signals: readonly SignalToTry[]): SignalId[] {
  const asked = signals.map(({ signal }) => signal);
  const concepts = featureset.concepts.filter(({ name }) => asked.includes(`concept/${name}`));
  const parts = new Set<SignalId>(
    concepts.flatMap(({ features }) => features.map(({ index }): SignalId => `feature/${index}`)),
  );
  return asked.filter((signal) => !parts.has(signal));
}

/** One score for each signal, in their order. */
function scoresOf(activations: Activations, signals: readonly SignalToTry[]): number[] {
  const { tokens } = activations;
  if (tokens.length === 0) return signals.map(() => Number.NEGATIVE_INFINITY);
  const highest = highestOf(activations);
  return signals.map(({ signal, aggregate }) => {
    if (signal.startsWith('feature/')) return highest.get(signal) ?? 0;
    const values = activations.signals.get(signal) ?? new Float32Array(tokens.length);
    return aggregateOf(aggregate, values, tokens)?.value ?? Number.NEGATIVE_INFINITY;
  });
}

/** The highest activation of each feature that is active on some token. */
function highestOf({ features: { index, value } }: Activations): ReadonlyMap<SignalId, number> {
  const highest = new Map<SignalId, number>();
  for (const [i, feature] of index.entries()) {
    const signal: SignalId = `feature/${feature}`;
    highest.set(signal, Math.max(highest.get(signal) ?? 0, value[i] ?? 0));
  }
  return highest;
}
