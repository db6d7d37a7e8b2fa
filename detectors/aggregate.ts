import { DetectorError } from './detector-error.ts';
import type { Aggregate, TokenSpan } from './types.ts';

/** A segment's value so far and the tokens that attain it; the earliest where several do. */
export interface AggregateValue {
  readonly value: number;
  /** Indices of the first and the last token, both included. */
  readonly firstToken: number;
  readonly lastToken: number;
  /** UTF-16 offsets from the first token's start to the last token's end. */
  readonly span: TokenSpan;
}

/** What an aggregate remembers of a segment. A state never changes: `advanceAggregate` gives a new one. */
export interface AggregateState {
  readonly aggregate: Aggregate;
  /** Tokens taken in. */
  readonly tokens: number;
  /** null while there is no token: an empty segment has no value. */
  readonly best: AggregateValue | null;
  /** Sum of all values (`mean`). */
  readonly sum: number;
  /** The last `window` tokens (`max_rolling_mean`) or the `window` highest, descending (`top_k_mean`). */
  readonly kept: readonly KeptToken[];
}

interface KeptToken {
  readonly value: number;
  readonly token: number;
  readonly span: TokenSpan;
}

/** The next tokens of a segment. */
interface Batch {
  readonly values: Float32Array;
  readonly spans: readonly TokenSpan[];
}

type Step = Pick<AggregateState, 'best'> & Partial<Pick<AggregateState, 'sum' | 'kept'>>;

const NEEDS_WINDOW: ReadonlySet<Aggregate['kind']> = new Set(['top_k_mean', 'max_rolling_mean']);

/** The state before the first token.
 *
 *  With x_t the value of token t, n tokens and w = `window`, the value of a segment is
 *  - `max`: max over t of x_t; attained by that token
 *  - `mean`: sum of x_t / n; attained by all tokens
 *  - `top_k_mean`: mean of the w highest x_t, of all where n < w; the span is that of the highest token
 *  - `max_rolling_mean`: max over t of the mean of the last min(w, t + 1) values up to t; attained by those tokens
 *
 *  Sums are float64 in token order, so the value does not depend on how tokens were batched.
 *  `window` counts for the last two; `max` and `mean` leave it unread.
 *  @throws {DetectorError} AGGREGATE_INVALID when `window` is not a whole number of tokens */
export function startAggregate(aggregate: Aggregate): AggregateState {
  const least = NEEDS_WINDOW.has(aggregate.kind) ? 1 : 0;
  if (!Number.isInteger(aggregate.window) || aggregate.window < least) {
    throw new DetectorError(
      'AGGREGATE_INVALID',
      `aggregate ${aggregate.kind}: window must be an integer of at least ${least}, it is ${aggregate.window}`,
      { fields: { kind: aggregate.kind, window: aggregate.window } },
    );
  }
  return { aggregate, tokens: 0, best: null, sum: 0, kept: [] };
}

/** The state after the values and spans of the next tokens, which must be of equal number.
 *  @throws {DetectorError} SHAPE_MISMATCH */
export function advanceAggregate(
  state: AggregateState,
  values: Float32Array,
  spans: readonly TokenSpan[],
): AggregateState {
  if (values.length !== spans.length) {
    throw new DetectorError(
      'SHAPE_MISMATCH',
      `aggregate: ${values.length} values for ${spans.length} tokens`,
    );
  }
  if (values.length === 0) return state;
  const step = STEPS[state.aggregate.kind](state, { values, spans });
  const { aggregate, tokens, sum, kept } = state;
  return {
    aggregate,
    tokens: tokens + values.length,
    best: step.best,
    sum: step.sum ?? sum,
    kept: step.kept ?? kept,
  };
}

/** The value of a whole segment at once; null when it has no tokens. */
export function aggregateOf(
  aggregate: Aggregate,
  values: Float32Array,
  spans: readonly TokenSpan[],
): AggregateValue | null {
  return advanceAggregate(startAggregate(aggregate), values, spans).best;
}

/** Bare loops: they run for every token and every rule. */
const STEPS: Readonly<Record<Aggregate['kind'], (state: AggregateState, batch: Batch) => Step>> = {
  max: (state, batch) => {
    let highest = state.best?.value ?? Number.NaN;
    let at = -1;
    for (let i = 0; i < batch.values.length; i++) {
      const value = batch.values[i] ?? 0;
      if (value <= highest) continue;
      highest = value;
      at = i;
    }
    return { best: at < 0 ? state.best : attained(highest, [state.tokens + at, batch.spans[at]]) };
  },
  mean: (state, { values, spans }) => {
    let { sum } = state;
    for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
    const tokens = state.tokens + values.length;
    const first = state.best?.span ?? spans[0];
    return { sum, best: attained(sum / tokens, [0, first], [tokens - 1, spans.at(-1)]) };
  },
  top_k_mean: takeHighest,
  max_rolling_mean: rollOn,
};

function takeHighest({ kept: before, best, tokens, aggregate }: AggregateState, batch: Batch): Step {
  const { window } = aggregate;
  const kept = [...before];
  let isSame = true;
  for (let i = 0; i < batch.values.length; i++) {
    const value = batch.values[i] ?? 0;
    let place = kept.length;
    while (place > 0 && (kept[place - 1]?.value ?? 0) < value) place--;
    if (place >= window) continue;
    isSame = false;
    kept.splice(place, 0, keptToken(batch, i, tokens));
    if (kept.length > window) kept.pop();
  }
  if (isSame) return { best };
  let sum = 0;
  for (const { value } of kept) sum += value;
  return { best: attained(sum / kept.length, [kept[0]?.token ?? 0, kept[0]?.span]), kept };
}

function rollOn({ kept, best, tokens, aggregate }: AggregateState, batch: Batch): Step {
  const { window } = aggregate;
  const before = kept.length;
  const { length } = batch.values;
  let highest = best?.value ?? Number.NaN;
  let at = -1;
  for (let i = 0; i < length; i++) {
    const from = Math.max(0, before + i + 1 - window);
    let sum = 0;
    for (let k = from; k < before; k++) sum += kept[k]?.value ?? 0;
    for (let k = Math.max(0, from - before); k <= i; k++) sum += batch.values[k] ?? 0;
    const mean = sum / (before + i + 1 - from);
    if (mean <= highest) continue;
    highest = mean;
    at = i;
  }
  const next = kept.slice(Math.max(0, before + length - window));
  for (let i = Math.max(0, length - window); i < length; i++) next.push(keptToken(batch, i, tokens));
  if (at < 0) return { best, kept: next };
  const from = Math.max(0, before + at + 1 - window);
  const first = from < before ? kept[from]?.span : batch.spans[from - before];
  const last: Place = [tokens + at, batch.spans[at]];
  return { best: attained(highest, [tokens - before + from, first], last), kept: next };
}

function keptToken({ values, spans }: Batch, i: number, tokensBefore: number): KeptToken {
  return { value: values[i] ?? 0, token: tokensBefore + i, span: spans[i] ?? { start: 0, end: 0 } };
}

type Place = readonly [token: number, span: TokenSpan | undefined];

function attained(value: number, first: Place, last: Place = first): AggregateValue {
  const span = { start: first[1]?.start ?? 0, end: last[1]?.end ?? 0 };
  return { value, firstToken: first[0], lastToken: last[0], span };
}
