import { type Activations, advanceAggregate, startAggregate } from '../../detectors/index.ts';
import { advancePair } from './pair.ts';
import { advanceCount, advanceEma, advanceSum } from './running.ts';
import { advanceSustained } from './sustained.ts';
import type { Batch, Meter, MeterState, Reading } from './types.ts';

/** The state of a meter before the first token. */
export function startMeter({ measure }: Meter): MeterState {
  const none = { tokens: 0, best: null };
  switch (measure.kind) {
    case 'aggregate':
      return { kind: 'aggregate', inner: startAggregate(measure.aggregate), best: null };
    case 'sum':
    case 'count_above':
      return { kind: measure.kind, ...none };
    case 'ema':
      return { kind: 'ema', ...none, average: 0, recent: [] };
    case 'sustained':
      return { kind: 'sustained', ...none, recent: [], peak: null };
    case 'pair':
      return { kind: 'pair', ...none, candidates: [], pair: null };
  }
}

/** The state after the next tokens; the state given must be of the same meter. */
export function advanceMeter({ measure }: Meter, state: MeterState, batch: Batch): MeterState {
  if (batch.values.length === 0) return state;
  if (state.kind === 'aggregate') {
    const inner = advanceAggregate(state.inner, batch.values, batch.spans);
    return { kind: 'aggregate', inner, best: inner.best };
  }
  if (state.kind === 'sum') return advanceSum(state, batch);
  if (state.kind === 'count_above' && measure.kind === 'count_above') {
    return advanceCount(state, batch, measure.level);
  }
  if (state.kind === 'ema' && measure.kind === 'ema') return advanceEma(state, batch, measure.window);
  if (state.kind === 'sustained' && measure.kind === 'sustained') {
    return advanceSustained(state, batch, measure);
  }
  return state.kind === 'pair' && measure.kind === 'pair' ? advancePair(state, batch, measure) : state;
}

/** Whether the value can only stay or rise, whatever tokens follow. */
export function cannotFall(state: MeterState): boolean {
  if (state.kind !== 'aggregate') return state.kind !== 'sum';
  const { aggregate, tokens } = state.inner;
  if (aggregate.kind === 'top_k_mean') return tokens >= aggregate.window;
  return aggregate.kind !== 'mean';
}

/** The tokens behind a value above a threshold: those that attain it; of a `top_k_mean` all from the first to the last
 *  of the k above the threshold. */
export function tokensBehind(state: MeterState, threshold: number): { first: number; last: number } {
  const { best } = state;
  if (state.kind === 'aggregate' && state.inner.aggregate.kind === 'top_k_mean') {
    const tokens = state.inner.kept.filter(({ value }) => value > threshold).map(({ token }) => token);
    // Of an exchange others may be what is above it.
    if (tokens.length > 0) return { first: Math.min(...tokens), last: Math.max(...tokens) };
  }
  return { first: best?.firstToken ?? 0, last: best?.lastToken ?? 0 };
}

/** One value for each token of some activations. */
export function valuesOf({ signal, minus }: Reading, { signals, tokens }: Activations): Float32Array {
  const values = signals.get(signal) ?? new Float32Array(tokens.length);
  const taken = minus === null ? undefined : signals.get(minus);
  return taken === undefined ? values : values.map((value, i) => value - (taken[i] ?? 0));
}

/** The same text for meters that measure the same. */
export function keyOfMeter({ signal, minus, measure }: Meter): string {
  if (measure.kind === 'aggregate' && minus === null) {
    return `${signal} ${measure.aggregate.kind} ${measure.aggregate.window}`;
  }
  return JSON.stringify([signal, minus, measure]);
}

/** The signals that a meter reads. */
export function signalsOf({ signal, minus, measure }: Meter): readonly (typeof signal)[] {
  const next = measure.kind === 'pair' ? [measure.next.signal, measure.next.minus] : [];
  return [signal, minus, ...next].filter((one) => one !== null);
}
