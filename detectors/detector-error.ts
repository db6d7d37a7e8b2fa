/** Every way in which the detectors break a promise.
 *  MANIFEST_*, FILE_*, DIGEST_MISMATCH, SHAPE_MISMATCH: the model folder is not what its manifest says.
 *  QUEUE_FULL, TIMEOUT, ABORTED, WORKER_DIED, NON_FINITE, CLOSED: one push was not scored; each is counted. */
export type DetectorErrorCode =
  | 'MANIFEST_MISSING'
  | 'MANIFEST_INVALID'
  | 'FORMAT_UNKNOWN'
  | 'FILE_MISSING'
  | 'FILE_TRUNCATED'
  | 'DIGEST_MISMATCH'
  | 'SHAPE_MISMATCH'
  | 'FEATURE_OUT_OF_RANGE'
  | 'SIGNAL_UNKNOWN'
  | 'AGGREGATE_INVALID'
  | 'SCORER_MISUSED'
  | 'KEPT_DAMAGED'
  | 'QUEUE_FULL'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'WORKER_DIED'
  | 'NON_FINITE'
  | 'CLOSED';

/** A broken promise of the detectors: `code` for programs, the message (what, where, the value) for people. */
export class DetectorError extends Error {
  override readonly name = 'DetectorError';
  readonly code: DetectorErrorCode;
  /** What the message names, as data. */
  readonly fields: Readonly<Record<string, string | number>>;

  constructor(
    code: DetectorErrorCode,
    message: string,
    options: { readonly fields?: Readonly<Record<string, string | number>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
  }
}
