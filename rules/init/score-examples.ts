import { aggregateOf, type Detector, type Role } from '../../detectors/index.ts';

/** Examples of what a rule is to find, and of what it is to leave alone. */
export interface Examples {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
}

/** One concept over the examples: a value each, under the concept's own aggregate; that of a text without tokens is
 *  negative infinity. */
export interface ConceptScores {
  readonly concept: string;
  readonly wanted: readonly number[];
  readonly unwanted: readonly number[];
}

const AT_ONCE = 16;
/** Nobody waits: better late than refused. */
const TIMEOUT_MS = 600_000;

/** Reads every example once and gives the scores of all concepts.
 *  @param role - who says the examples */
export async function scoreExamples(
  detector: Detector,
  { wanted, unwanted }: Examples,
  role: Role,
): Promise<readonly ConceptScores[]> {
  const { concepts } = detector.featureset;
  const texts = [...wanted, ...unwanted];
  const scores: number[][] = [];
  const queue = texts.entries();
  const worker = async () => {
    for (const [i, text] of queue) scores[i] = await scoresOf(detector, text, role);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return concepts.map(({ name }, column) => {
    const values = scores.map((row) => row[column] ?? Number.NEGATIVE_INFINITY);
    return { concept: name, wanted: values.slice(0, wanted.length), unwanted: values.slice(wanted.length) };
  });
}

/** One score for each concept of the featureset, in their order. */
async function scoresOf(detector: Detector, text: string, role: Role): Promise<number[]> {
  const { concepts } = detector.featureset;
  const signals = concepts.map(({ name }) => `concept/${name}` as const);
  const scorer = detector.createScorer({ role, signals, priority: 'observe', timeoutMs: TIMEOUT_MS });
  const activations = await scorer.end(text);
  return concepts.map(({ aggregate }, i) => {
    const values = activations.signals.get(signals[i] ?? 'concept/');
    const best = values === undefined ? null : aggregateOf(aggregate, values, activations.tokens);
    return best?.value ?? Number.NEGATIVE_INFINITY;
  });
}
