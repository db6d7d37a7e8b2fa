/** Protocol errors that lie in the record: it would fail again however often it came.
 *  @see https://kafka.apache.org/protocol#protocol_error_codes */
const RECORD_ERRORS: ReadonlySet<unknown> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
]);

/** The broker knows who writes, and does not let them write there. */
const PERMISSION_ERRORS: ReadonlySet<unknown> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);

/** Whose fault a failed request is: that of one record in it, of the time that a record says, of a
 *  missing permission, or of something that passes:
 *  a broker that is away, a password that is being changed, a topic that is yet to be made. */
export function faultOf(error: unknown): 'record' | 'time' | 'permission' | 'passing' {
  const types = causes(error).map((cause) => (cause as { type?: unknown }).type);
  if (types.includes('INVALID_TIMESTAMP')) return 'time';
  if (types.some((type) => RECORD_ERRORS.has(type))) return 'record';
  return types.some((type) => PERMISSION_ERRORS.has(type)) ? 'permission' : 'passing';
}

/** Whether the topic is not there, or not any more. */
export function isTopicMissing(error: unknown): boolean {
  return causes(error).some((cause) => (cause as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION');
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
