import type { UnrecordedReason } from '../types.ts';

/** SQLSTATE codes and classes as reasons, the longest first to match.
 *  @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REASONS: readonly (readonly [prefix: string, reason: UnrecordedReason])[] = [
  ['53100', 'disk_full'],
  ['53300', 'unreachable'],
  ['53', 'io_error'],
  ['55P03', 'locked'],
  ['57014', 'locked'],
  ['40P01', 'locked'],
  ['25006', 'read_only'],
  ['57P', 'unreachable'],
  ['08', 'unreachable'],
  ['28', 'unreachable'],
  ['3D000', 'unreachable'],
  ['58', 'io_error'],
  // What a record says cannot take a right, a table or a schema away.
  ['42501', 'read_only'],
  ['42P01', 'corrupt'],
  ['3F000', 'corrupt'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
  ['54', 'too_large'],
];

/** What pg says without a code when the server is gone or does not answer. */
const LOST =
  /connection (terminated|ended)|timeout exceeded when trying to connect|query read timeout|client was closed|not queryable/i;

/** What an error of pg means for whoever wanted to write. */
export function postgresReasonOf(error: unknown): UnrecordedReason {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  // A deferred size limit of one value: "out of memory", "invalid memory alloc request size".
  if (code === 'XX000' && /alloc request size/.test(message)) return 'too_large';
  if (typeof code === 'string') {
    // ECONNREFUSED, ETIMEDOUT and their like come from the socket.
    if (/^E[A-Z]{3,}/.test(code)) return 'unreachable';
    return REASONS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'error';
  }
  return LOST.test(message) ? 'unreachable' : 'error';
}

/** What an error says, with its SQLSTATE where it has one. */
export function postgresMessageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name that resolves to several addresses fails as a group without a message of its own.
  const inner = error instanceof AggregateError ? error.errors.map((one) => String(one?.message)) : [];
  const message = error.message || inner.join('; ');
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? `${message} (${code})` : message;
}
