import type { Activations, Featureset, SignalId, TokenSpan } from '../types.ts';
import type { Computed, KeptActivations } from './kept-activations.ts';

/** Reads signals off what was kept of texts. */
export interface KeptReader {
  /** Those of `signals` that cannot be told from what was computed. */
  missing(computed: Computed, signals: readonly SignalId[]): readonly SignalId[];
  /** Activations as the scorer gave them, with these signals; none of them may be missing. Of its tokens nothing is known
   *  but how many they are: all spans are empty. */
  read(kept: KeptActivations, signals: readonly SignalId[]): Activations;
}

/** bias + sum of weights_i × activation of features_i, added in this order: that of the encode plan. */
interface Sum {
  readonly bias: number;
  readonly features: Uint32Array;
  readonly weights: Float32Array;
}

const NOWHERE: TokenSpan = { start: 0, end: 0 };
/** Tokens that are summed at once: what belongs to so many stays in the processor's cache. */
const BLOCK = 512;

/** @param featureset - the one that the texts were read with */
export function createKeptReader(featureset: Featureset): KeptReader {
  const sums = new Map<SignalId, Sum | null>();
  const sumOf = (signal: SignalId): Sum | null => {
    const known = sums.get(signal);
    if (known !== undefined) return known;
    const sum = compileSum(featureset, signal);
    sums.set(signal, sum);
    return sum;
  };
  const known = new WeakMap<Computed, ReadonlySet<number>>();
  const featuresOf = (computed: Computed): ReadonlySet<number> => {
    const found =
      known.get(computed) ??
      new Set(computed.signals.flatMap((signal) => [...(sumOf(signal)?.features ?? [])]));
    known.set(computed, found);
    return found;
  };
  const columns = createColumns(featureset.dictionarySize);
  return {
    missing(computed, signals) {
      const asked = new Set(computed.signals);
      return signals.filter((signal) => {
        if (asked.has(signal)) return false;
        const sum = sumOf(signal);
        if (sum === null) return true;
        const features = featuresOf(computed);
        return !computed.isWholeDictionary && !sum.features.every((feature) => features.has(feature));
      });
    },
    read(kept, signals) {
      const { tokens, features, probes } = kept;
      const asked = signals.flatMap((signal) => {
        const sum = sumOf(signal);
        return sum === null ? [] : [{ signal, sum }];
      });
      // One piece of memory for all: a piece for each costs more than the sums of a short text.
      const room = new Float32Array(tokens * asked.length);
      const summed = asked.map((one, i) => ({
        ...one,
        values: room.subarray(i * tokens, (i + 1) * tokens),
      }));
      for (let from = 0; from < tokens && summed.length > 0; from += BLOCK) {
        const to = Math.min(from + BLOCK, tokens);
        columns.fill(kept, from, to);
        for (const { sum, values } of summed) columns.add(sum, values, from, to);
      }
      const told = new Map(summed.map(({ signal, values }) => [signal, values]));
      const readings = signals.map(
        (signal) => [signal, told.get(signal) ?? probes.get(signal) ?? new Float32Array(tokens)] as const,
      );
      return {
        firstToken: 0,
        tokens: new Array<TokenSpan>(tokens).fill(NOWHERE),
        signals: new Map(readings),
        features,
      };
    },
  };
}

/** null for a probe: it is kept itself. */
function compileSum(featureset: Featureset, signal: SignalId): Sum | null {
  const name = signal.slice(signal.indexOf('/') + 1);
  if (signal.startsWith('feature/')) {
    return { bias: 0, features: Uint32Array.of(Number(name)), weights: Float32Array.of(1) };
  }
  const concept = signal.startsWith('concept/') ? featureset.concept(name) : undefined;
  if (concept === undefined) return null;
  return {
    bias: concept.bias,
    features: Uint32Array.from(concept.features, ({ index }) => index),
    weights: Float32Array.from(concept.features, ({ weight }) => weight),
  };
}

/** The features that are active in a block of tokens, a column each: the tokens that a feature is active at, and its values
 *  there. What is not active adds nothing to a sum, so the sums are those over all features, to the last bit. */
function createColumns(dictionarySize: number) {
  const columnOf = new Int32Array(dictionarySize).fill(-1);
  let active: number[] = [];
  /** Where each column begins, and the last ends. */
  let starts = new Uint32Array(1);
  let tokenOf = new Uint16Array(0);
  let values = new Float32Array(0);
  const sums = new Float64Array(BLOCK);

  function fill({ features }: KeptActivations, from: number, to: number): void {
    const { rowStart, index } = features;
    const [first, end] = [rowStart[from] ?? 0, rowStart[to] ?? 0];
    for (const feature of active) columnOf[feature] = -1;
    active = [];
    if (tokenOf.length < end - first) {
      tokenOf = new Uint16Array(2 * (end - first));
      values = new Float32Array(2 * (end - first));
    }
    for (let entry = first; entry < end; entry++) {
      const feature = index[entry] ?? 0;
      if (columnOf[feature] === -1) columnOf[feature] = active.push(feature) - 1;
    }
    starts = new Uint32Array(active.length + 1);
    for (let entry = first; entry < end; entry++) {
      const next = (columnOf[index[entry] ?? 0] ?? 0) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let column = 1; column <= active.length; column++) {
      starts[column] = (starts[column] ?? 0) + (starts[column - 1] ?? 0);
    }
    place(features, from, to);
  }

  /** The entries into their columns, the tokens of each in order. */
  function place({ rowStart, index, value }: KeptActivations['features'], from: number, to: number): void {
    const next = starts.slice();
    for (let t = from; t < to; t++) {
      const end = rowStart[t + 1] ?? 0;
      for (let entry = rowStart[t] ?? 0; entry < end; entry++) {
        const column = columnOf[index[entry] ?? 0] ?? 0;
        const at = next[column] ?? 0;
        next[column] = at + 1;
        tokenOf[at] = t - from;
        values[at] = value[entry] ?? 0;
      }
    }
  }

  function add({ bias, features, weights }: Sum, into: Float32Array, from: number, to: number): void {
    const count = to - from;
    sums.fill(bias, 0, count);
    for (let i = 0; i < features.length; i++) {
      const column = columnOf[features[i] ?? 0] ?? -1;
      if (column === -1) continue;
      const weight = weights[i] ?? 0;
      const end = starts[column + 1] ?? 0;
      for (let at = starts[column] ?? 0; at < end; at++) {
        const t = tokenOf[at] ?? 0;
        sums[t] = (sums[t] ?? 0) + weight * (values[at] ?? 0);
      }
    }
    for (let t = 0; t < count; t++) into[from + t] = sums[t] ?? 0;
  }

  return { fill, add };
}
