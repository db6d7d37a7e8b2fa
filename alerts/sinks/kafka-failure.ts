/** Protocol errors that lie in the record: it would fail again however often it came.
 *  @see https://kafka.apache.org/protocol#protocol_error_codes */
const RECORD_ERRORS: ReadonlySet<unknown> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Whether sending the same record again is in vain. All else, a missing permission included, can be mended outside. */
export function isRecordError(error: unknown): boolean {
  return causes(error).some((cause) => RECORD_ERRORS.has((cause as { type?: unknown }).type));
}

/** What went wrong first, in one line. */
export function failureReason(error: unknown): string {
  const first = causes(error).at(-1);
  return first instanceof Error ? `${first.name}: ${first.message}` : String(error);
}

/** An error and what it was caused by, outermost first. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next instanceof Error && !chain.includes(next); next = next.cause) chain.push(next);
  return chain;
}
