import { AlertsError } from '../alerts-error.ts';
import { codeOfReason } from '../store-failure.ts';
import type { UnrecordedReason } from '../types.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) as reasons. */
const REASONS: ReadonlyMap<number, UnrecordedReason> = new Map([
  [5, 'locked'],
  [6, 'locked'],
  [8, 'read_only'],
  [10, 'io_error'],
  [11, 'corrupt'],
  [13, 'disk_full'],
  [14, 'io_error'],
  [18, 'too_large'],
  [26, 'corrupt'],
]);

/** The shared-memory file cannot be made larger: on a disk that is full, this comes instead of SQLITE_FULL. */
const IOERR_SHMSIZE = 4874;

/** What an error of node:sqlite means for whoever wanted to write. */
export function reasonOf(error: unknown): UnrecordedReason {
  const code = (error as { errcode?: unknown }).errcode;
  if (typeof code !== 'number') return 'error';
  return code === IOERR_SHMSIZE ? 'disk_full' : (REASONS.get(code & 0xff) ?? 'error');
}

/** The broken promise that an error of the database is, with the file in its message. */
export function storeError(error: unknown, doing: string): AlertsError {
  if (error instanceof AlertsError) return error;
  return new AlertsError(codeOfReason(reasonOf(error)), `${doing}: ${messageOf(error)}`, { cause: error });
}

/** What an error says, with SQLite's extended code where it has one. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? `${error.message} (SQLite ${code})` : error.message;
}
