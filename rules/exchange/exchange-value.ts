import type { MeterState } from '../meters/types.ts';

/** What the segments of an exchange come to, for one condition. */
export interface ExchangeValue {
  /** Null where no segment has a token. */
  readonly value: number | null;
  /** Whether it can only stay or rise, whatever segments follow. */
  readonly cannotFall: boolean;
}

type TopTokens = Extract<MeterState, { kind: 'aggregate' }>['inner'];

/** One value of the states that one meter has come to in several segments:
 *  - `sum`, `count_above`: the sum over all tokens of all segments
 *  - `mean`: that sum divided by the number of all tokens, so that long segments weigh more
 *  - `top_k_mean`: the mean of the k highest tokens, whichever segments they are in
 *  - `max`, and what looks at tokens in a row (`max_rolling_mean`, `ema`): the highest of any segment; no window reaches
 *    from one segment into the next */
export function exchangeValue(states: readonly MeterState[]): ExchangeValue {
  const known = states.filter(({ best }) => best !== null);
  const [first] = known;
  if (first === undefined) return { value: null, cannotFall: true };
  const values = known.map(({ best }) => best?.value ?? 0);
  if (first.kind === 'sum' || first.kind === 'count_above') {
    return { value: values.reduce((sum, value) => sum + value, 0), cannotFall: first.kind !== 'sum' };
  }
  const inners = known.flatMap((state) => (state.kind === 'aggregate' ? [state.inner] : []));
  const kind = inners[0]?.aggregate.kind;
  if (kind === 'mean') return { value: meanOf(inners), cannotFall: false };
  if (kind === 'top_k_mean') return topMeanOf(inners);
  return { value: Math.max(...values), cannotFall: true };
}

function meanOf(inners: readonly TopTokens[]): number {
  let sum = 0;
  let tokens = 0;
  for (const inner of inners) {
    sum += inner.sum;
    tokens += inner.tokens;
  }
  return sum / tokens;
}

function topMeanOf(inners: readonly TopTokens[]): ExchangeValue {
  const window = inners[0]?.aggregate.window ?? 1;
  const all = inners.flatMap(({ kept }) => kept.map(({ value }) => value)).sort((a, b) => b - a);
  const highest = all.slice(0, window);
  const sum = highest.reduce((total, value) => total + value, 0);
  return { value: sum / highest.length, cannotFall: highest.length === window };
}
