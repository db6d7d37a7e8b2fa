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

interface Progress {
  best: AggregateValue | null;
  sum: number;
  first: KeptToken;
  kept: KeptToken[];
  window: number;
}

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
  const progress = progressOf(state);
  const step = STEPS[state.aggregate.kind];
  for (const [i, span] of spans.entries()) {
    const next = { value: values[i] ?? 0, token: state.tokens + i, span };
    if (next.token === 0) progress.first = next;
    step(progress, next);
  }
  return {
    aggregate: state.aggregate,
    tokens: state.tokens + spans.length,
    best: progress.best,
    sum: progress.sum,
    kept: progress.kept,
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

const STEPS: Readonly<Record<Aggregate['kind'], (progress: Progress, next: KeptToken) => void>> = {
  max: (progress, next) => raise(progress, next.value, next, next),
  mean: (progress, next) => {
    progress.sum += next.value;
    progress.best = attained(progress.sum / (next.token + 1), progress.first, next);
  },
  top_k_mean: (progress, next) => {
    const { kept, window } = progress;
    let place = kept.length;
    while (place > 0 && (kept[place - 1]?.value ?? 0) < next.value) place--;
    if (place < window) kept.splice(place, 0, next);
    if (kept.length > window) kept.pop();
    const highest = kept[0] ?? next;
    progress.best = attained(meanOf(kept), highest, highest);
  },
  max_rolling_mean: (progress, next) => {
    const { kept, window } = progress;
    kept.push(next);
    if (kept.length > window) kept.shift();
    raise(progress, meanOf(kept), kept[0] ?? next, next);
  },
};

function progressOf(state: AggregateState): Progress {
  const none = { value: 0, token: 0, span: { start: 0, end: 0 } };
  const { best } = state;
  const first = best === null ? none : { value: 0, token: 0, span: best.span };
  return { best, sum: state.sum, first, kept: [...state.kept], window: state.aggregate.window };
}

function raise(progress: Progress, value: number, first: KeptToken, last: KeptToken): void {
  if (progress.best === null || value > progress.best.value) progress.best = attained(value, first, last);
}

function attained(value: number, first: KeptToken, last: KeptToken): AggregateValue {
  const span = { start: first.span.start, end: last.span.end };
  return { value, firstToken: first.token, lastToken: last.token, span };
}

function meanOf(kept: readonly KeptToken[]): number {
  let sum = 0;
  for (const { value } of kept) sum += value;
  return sum / kept.length;
}
