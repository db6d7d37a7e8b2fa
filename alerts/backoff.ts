/** Bounds of the wait between attempts. */
export interface BackoffOptions {
  readonly initialMs: number;
  /** No wait is longer, so a sink that healed is noticed within this time. */
  readonly maxMs: number;
}

/** The wait before attempt `attempts + 1`: doubling, capped, and anywhere in its upper half, so that many that failed
 *  together do not come back together.
 *  @param attempts - failed ones in a row, from 1
 *  @param random - in [0, 1) */
export function backoffMs(
  attempts: number,
  { initialMs, maxMs }: BackoffOptions,
  random = Math.random(),
): number {
  const ceiling = Math.min(maxMs, initialMs * 2 ** (attempts - 1));
  return ceiling * (0.5 + random / 2);
}
