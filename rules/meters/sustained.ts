import {
  attained,
  type Batch,
  type KeptToken,
  keptToken,
  type Measure,
  type SustainedState,
} from './types.ts';

type Sustained = Extract<Measure, { kind: 'sustained' }>;

/** The highest value that `tokens` of `window` tokens in a row reach. A window is looked at only where its last token
 *  counts more than the value so far: a better window whose last tokens do not would have been found at its last one
 *  that does. */
export function advanceSustained(state: SustainedState, batch: Batch, measure: Sustained): SustainedState {
  const { tokens: needed, window, switches } = measure;
  const counted = [...state.recent];
  const before = counted.length;
  let { best, peak } = state;
  for (let i = 0; i < batch.values.length; i++) {
    const value = batch.values[i] ?? 0;
    peak = nextPeak(peak, value, switches);
    const counts = peak ?? value;
    counted.push(keptToken(batch, i, { value: counts, before: state.tokens }));
    if (best !== null && counts <= best.value) continue;
    const first = Math.max(0, before + i + 1 - window);
    const over = best?.value ?? Number.NEGATIVE_INFINITY;
    const found = nthHighest(counted, { first, last: before + i, needed, over });
    if (found === null) continue;
    const reaching = counted.slice(first, before + i + 1).filter((token) => token.value >= found);
    const [start] = reaching;
    if (start !== undefined) best = attained(found, start, reaching.at(-1));
  }
  const recent = counted.slice(Math.max(0, counted.length - (window - 1)));
  return {
    kind: 'sustained',
    tokens: state.tokens + batch.values.length,
    best,
    peak,
    recent: window === 1 ? [] : recent,
  };
}

function nextPeak(peak: number | null, value: number, switches: Sustained['switches']): number | null {
  if (switches === null) return null;
  if (peak === null) return value > switches.on ? value : null;
  return value > switches.off ? Math.max(peak, value) : null;
}

interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly needed: number;
  /** Only a higher value is asked for. */
  readonly over: number;
}

/** null where there are fewer, or none higher than `over`. */
function nthHighest(counted: readonly KeptToken[], { first, last, needed, over }: Stretch): number | null {
  let higher = 0;
  for (let i = first; i <= last; i++) if ((counted[i]?.value ?? over) > over) higher += 1;
  if (higher < needed) return null;
  const values = new Float64Array(last + 1 - first);
  for (let i = first; i <= last; i++) values[i - first] = counted[i]?.value ?? 0;
  values.sort();
  return values[values.length - needed] ?? null;
}
