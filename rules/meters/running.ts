import { attained, type Batch, type CountState, type EmaState, keptToken, type SumState } from './types.ts';

/** Adds up; all tokens attain the sum. Float64 in token order, so that batches do not matter. */
export function advanceSum({ tokens, best }: SumState, batch: Batch): SumState {
  let sum = best?.value ?? 0;
  for (let i = 0; i < batch.values.length; i++) sum += batch.values[i] ?? 0;
  const first = best === null ? keptToken(batch, 0, { value: 0, before: tokens }) : firstOf(best);
  const last = keptToken(batch, batch.values.length - 1, { value: 0, before: tokens });
  return { kind: 'sum', tokens: tokens + batch.values.length, best: attained(sum, first, last) };
}

/** Counts; attained from the first to the last token above the level, by the first token while there is none. */
export function advanceCount({ tokens, best }: CountState, batch: Batch, level: number): CountState {
  let count = best?.value ?? 0;
  let first = best === null ? keptToken(batch, 0, { value: 0, before: tokens }) : firstOf(best);
  let last = best === null ? first : lastOf(best);
  for (let i = 0; i < batch.values.length; i++) {
    if ((batch.values[i] ?? 0) <= level) continue;
    last = keptToken(batch, i, { value: 0, before: tokens });
    if (count === 0) first = last;
    count += 1;
  }
  const isSame = best !== null && count === best.value;
  const value = isSame ? best : attained(count, first, last);
  return { kind: 'count_above', tokens: tokens + batch.values.length, best: value };
}

/** The highest moving average; attained by the last `window` tokens up to it, which make up most of it. */
export function advanceEma(state: EmaState, batch: Batch, window: number): EmaState {
  const { tokens, recent } = state;
  const weight = 2 / (window + 1);
  let { average, best } = state;
  for (let i = 0; i < batch.values.length; i++) {
    const value = batch.values[i] ?? 0;
    average = tokens + i === 0 ? value : weight * value + (1 - weight) * average;
    if (best !== null && average <= best.value) continue;
    const from = recent.length + i + 1 - window;
    const first =
      from >= recent.length
        ? keptToken(batch, from - recent.length, { value: 0, before: tokens })
        : (recent[Math.max(0, from)] ?? keptToken(batch, 0, { value: 0, before: tokens }));
    best = attained(average, first, keptToken(batch, i, { value: 0, before: tokens }));
  }
  const kept = recent.slice(Math.max(0, recent.length + batch.values.length - (window - 1)));
  for (let i = Math.max(0, batch.values.length - (window - 1)); i < batch.values.length; i++) {
    kept.push(keptToken(batch, i, { value: batch.values[i] ?? 0, before: tokens }));
  }
  return { kind: 'ema', tokens: tokens + batch.values.length, best, average, recent: kept };
}

type Attained = NonNullable<SumState['best']>;

function firstOf({ firstToken, span }: Attained) {
  return { token: firstToken, span };
}

function lastOf({ lastToken, span }: Attained) {
  return { token: lastToken, span };
}
