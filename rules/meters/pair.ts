import { attained, type Batch, type KeptToken, keptToken, type Measure, type PairState } from './types.ts';

type Pair = Extract<Measure, { kind: 'pair' }>;

/** The best pair of a token and a later one, by the lesser of their margins. For each later token the best first one is
 *  the highest of the last `window`; of those that may still be it, values fall from the oldest on. */
export function advancePair(state: PairState, batch: Batch, measure: Pair): PairState {
  const { first, second, window } = measure;
  const candidates: KeptToken[] = [...state.candidates];
  let { best, pair } = state;
  for (let i = 0; i < batch.values.length; i++) {
    const token = state.tokens + i;
    while ((candidates[0]?.token ?? token) < token - window) candidates.shift();
    const earlier = candidates[0];
    const later = keptToken(batch, i, { value: batch.next[i] ?? 0, before: state.tokens });
    if (earlier !== undefined) {
      const margin = Math.min(earlier.value - first, later.value - second);
      if (best === null || margin > best.value) {
        best = attained(margin, earlier, later);
        pair = [earlier, later];
      }
    }
    const value = batch.values[i] ?? 0;
    while ((candidates.at(-1)?.value ?? Number.POSITIVE_INFINITY) < value) candidates.pop();
    candidates.push({ ...later, value });
  }
  return { kind: 'pair', tokens: state.tokens + batch.values.length, best, candidates, pair };
}
