import type {
  Aggregate,
  AggregateState,
  AggregateValue,
  SignalId,
  TokenSpan,
} from '../../detectors/index.ts';

/** What is read of each token: a signal, or what it has more than another. */
export interface Reading {
  readonly signal: SignalId;
  /** Taken off token by token. */
  readonly minus: SignalId | null;
}

/** How readings become one value of a segment. With x_t the reading of token t, n tokens so far and w = `window`:
 *  - `aggregate`: one of the detectors'
 *  - `sum`: sum of x_t
 *  - `count_above`: how many x_t are greater than `level`
 *  - `ema`: max over t of e_t = a x_t + (1 - a) e_(t-1), with e_0 = x_0 and a = 2 / (w + 1)
 *  - `sustained`: max over t of the `tokens`-th highest of the last w counted values up to t. A value counts as it is;
 *    from the first above `on` to the next at or below `off` it counts as the highest since that first one. So the
 *    value is above `on` exactly where `tokens` of w tokens in a row are switched on.
 *  - `pair`: max over t < u <= t + w of min(x_t - `first`, y_u - `second`), y the reading `next` */
export type Measure =
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
  | { readonly kind: 'sum' }
  | { readonly kind: 'count_above'; readonly level: number }
  | { readonly kind: 'ema'; readonly window: number }
  | {
      readonly kind: 'sustained';
      readonly tokens: number;
      readonly window: number;
      /** null where they are the same: then every value counts as it is. */
      readonly switches: { readonly on: number; readonly off: number } | null;
    }
  | {
      readonly kind: 'pair';
      readonly first: number;
      readonly next: Reading;
      readonly second: number;
      readonly window: number;
    };

/** One measure of one reading, shared by all conditions that use it. */
export interface Meter extends Reading {
  readonly measure: Measure;
}

export interface KeptToken {
  readonly value: number;
  readonly token: number;
  readonly span: TokenSpan;
}

interface Remembered {
  /** Tokens taken in. */
  readonly tokens: number;
  /** The value so far and the tokens that attain it, the earliest where several do; null while there is none. */
  readonly best: AggregateValue | null;
}

export interface SumState extends Remembered {
  readonly kind: 'sum';
}
export interface CountState extends Remembered {
  readonly kind: 'count_above';
}
export interface EmaState extends Remembered {
  readonly kind: 'ema';
  readonly average: number;
  /** The last `window` - 1 tokens' places: a peak's span begins there. */
  readonly recent: readonly KeptToken[];
}
export interface SustainedState extends Remembered {
  readonly kind: 'sustained';
  /** The last `window` - 1 counted values. */
  readonly recent: readonly KeptToken[];
  /** The highest value since it was switched on; null while it is off. */
  readonly peak: number | null;
}
export interface PairState extends Remembered {
  readonly kind: 'pair';
  /** Tokens that may yet be first of a pair: falling values, none older than `window`. */
  readonly candidates: readonly KeptToken[];
  /** The tokens of the best pair. */
  readonly pair: readonly [first: KeptToken, second: KeptToken] | null;
}

/** What a meter remembers of a segment. A state never changes: `advanceMeter` gives a new one. */
export type MeterState =
  | { readonly kind: 'aggregate'; readonly inner: AggregateState; readonly best: AggregateValue | null }
  | SumState
  | CountState
  | EmaState
  | SustainedState
  | PairState;

/** The next tokens of a segment, as a meter reads them. */
export interface Batch {
  readonly values: Float32Array;
  /** Of a `then` the second reading; else the same as `values`. */
  readonly next: Float32Array;
  readonly spans: readonly TokenSpan[];
}

/** Value and place of the token at an index of a batch. */
export function keptToken(
  { spans }: Batch,
  i: number,
  parts: { readonly value: number; readonly before: number },
): KeptToken {
  return { value: parts.value, token: parts.before + i, span: spans[i] ?? { start: 0, end: 0 } };
}

/** A value with the tokens from the first to the last of those that attain it. */
export function attained(value: number, first: Omit<KeptToken, 'value'>, last = first): AggregateValue {
  const span = { start: first.span.start, end: last.span.end };
  return { value, firstToken: first.token, lastToken: last.token, span };
}
