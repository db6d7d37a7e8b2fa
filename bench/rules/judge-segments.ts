import type { Activations, SignalId } from '../../detectors/index.ts';
import { advance, beginSegment, finish, type RuleSet, type SegmentRef } from '../../rules/index.ts';

const SEGMENT: SegmentRef = { id: 's', target: 'input', role: 'user', pointer: '', choice: null };
const SEGMENT_TOKENS = 256;

/** Segments of 256 tokens with made-up signals, in batches; the signals are made before, the judging is the function that
 *  is given back, and gives the number of findings. One token in 16 has a signal, as of a sparse dictionary. */
export function judgeSegments(
  ruleSet: RuleSet,
  { tokens, batch, seed }: { readonly tokens: number; readonly batch: number; readonly seed: number },
): () => number {
  const random = createRandom(seed + 1);
  const batches = Array.from({ length: SEGMENT_TOKENS / batch }, (_, i) =>
    activationsOf(ruleSet.signals, { first: i * batch, count: batch, random }),
  );
  return () => {
    let findings = 0;
    for (let done = 0; done < tokens; done += SEGMENT_TOKENS) {
      let state = beginSegment(ruleSet, SEGMENT);
      for (const activations of batches) ({ state } = advance(ruleSet, state, activations));
      findings += finish(ruleSet, state).settled.length;
    }
    return findings;
  };
}

interface Tokens {
  readonly first: number;
  readonly count: number;
  readonly random: () => number;
}

function activationsOf(signals: readonly SignalId[], { first, count, random }: Tokens): Activations {
  const spans = Array.from({ length: count }, (_, i) => ({
    start: 4 * (first + i),
    end: 4 * (first + i) + 4,
  }));
  const values = () => Float32Array.from({ length: count }, () => (random() < 1 / 16 ? 5 * random() : 0));
  return {
    firstToken: first,
    tokens: spans,
    signals: new Map(signals.map((signal) => [signal, values()])),
    features: { rowStart: new Uint32Array(count + 1), index: new Uint32Array(), value: new Float32Array() },
  };
}

/** Numbers in [0, 1) that are the same with every run. */
function createRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
