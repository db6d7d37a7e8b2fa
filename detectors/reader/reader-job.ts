/** One run of consecutive positions of one window, ready to be computed. Plain data: it is sent to a thread. */
export interface ReaderJob {
  /** int32 [n], n at least 2: token ids at positions past .. past + n of the window. */
  readonly ids: Int32Array;
  /** Positions before, whose keys and values lie in `cache`. */
  readonly past: number;
  /** The window's blocks of keys and values (`window-cache.ts`); null where past is 0 and nothing is kept. */
  readonly cache: readonly Float32Array[] | null;
  /** Whether the new keys and values go into `cache`. */
  readonly isKept: boolean;
  /** Positions from the left that are not scored (prefix, context, read before). */
  readonly skip: number;
  /** Positions from the right that only fill up a fixed shape. */
  readonly padding: number;
  /** The encode plan's id. */
  readonly plan: number;
}

/** What a job gives for its scored tokens, in order. */
export interface ReaderResult {
  /** Per signal of the plan: float32 [tokens], all in one buffer. */
  readonly signals: readonly Float32Array[];
  /** Sparse rows over the plan's features, by dictionary index. */
  readonly rowStart: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Float32Array;
}

/** The outcome of one job: a result, or why there is none. */
export type ReaderOutcome =
  | { readonly result: ReaderResult }
  | { readonly failure: 'NON_FINITE'; readonly message: string };
