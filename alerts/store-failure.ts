import { AlertsError, type AlertsErrorCode } from './alerts-error.ts';
import type { Unrecorded, UnrecordedReason } from './types.ts';

const CODES: Readonly<Partial<Record<UnrecordedReason, AlertsErrorCode>>> = {
  disk_full: 'STORE_FULL',
  locked: 'STORE_LOCKED',
  read_only: 'STORE_UNWRITABLE',
  io_error: 'STORE_UNWRITABLE',
  corrupt: 'STORE_CORRUPT',
  unreachable: 'STORE_UNREACHABLE',
};

const REASONS: Readonly<Partial<Record<AlertsErrorCode, UnrecordedReason>>> = {
  STORE_FULL: 'disk_full',
  STORE_LOCKED: 'locked',
  STORE_UNWRITABLE: 'read_only',
  STORE_CORRUPT: 'corrupt',
  STORE_UNREACHABLE: 'unreachable',
  TIMEOUT: 'timeout',
  CLOSED: 'closed',
};

/** The broken promise that a store's trouble is. */
export function codeOfReason(reason: UnrecordedReason): AlertsErrorCode {
  return CODES[reason] ?? 'STORE_FAILED';
}

/** Why an exchange is not recorded when a call of the store fails so. */
export function reasonOfCode(code: AlertsErrorCode): UnrecordedReason {
  return REASONS[code] ?? 'error';
}

/** Whether the reason lies in the store, so that trying another record now would fail as well. */
export function isStoreWide(reason: UnrecordedReason): boolean {
  return reason !== 'too_large' && reason !== 'error';
}

/** What becomes of an exchange when a call of the store failed so. */
export function unrecordedBy(error: unknown): Unrecorded {
  const reason = error instanceof AlertsError ? reasonOfCode(error.code) : 'error';
  return { outcome: 'unrecorded', reason, message: error instanceof Error ? error.message : String(error) };
}
