import type { CoverageEntry, UnscannedReason } from '../../alerts/index.ts';

/** What coverage says of a segment.
 *  @param failure - of its reading
 *  @param unread - why something in it is no text
 *  @param isRead - whether a rule reads it */
export function statusOf(
  failure: UnscannedReason | null,
  unread: UnscannedReason | null,
  isRead: boolean,
): Pick<CoverageEntry, 'status' | 'reason'> {
  if (failure !== null) return { status: 'failed', reason: failure };
  if (unread !== null) return { status: FAILURES.has(unread) ? 'failed' : 'skipped', reason: unread };
  return isRead ? { status: 'scanned', reason: null } : { status: 'skipped', reason: 'no_rules' };
}

/** What should have been readable, as opposed to what is no text. */
const FAILURES: ReadonlySet<UnscannedReason> = new Set([
  'bad_json',
  'duplicate_key',
  'bad_shape',
  'bad_utf8',
  'bad_sse',
  'unknown_encoding',
]);
