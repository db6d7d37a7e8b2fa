/** Every way in which the alerts break a promise.
 *  STORE_*: the database cannot be opened or used as asked (UNSAFE: it would not keep what it acknowledged);
 *  SCHEMA_NEWER: a later version wrote it;
 *  WORKER_DIED, CLOSED, TIMEOUT: a call got no answer;
 *  KAFKAJS_UNKNOWN: another version of kafkajs is installed than the one that is built upon. */
export type AlertsErrorCode =
  | 'STORE_UNWRITABLE'
  | 'STORE_FULL'
  | 'STORE_LOCKED'
  | 'STORE_UNREACHABLE'
  | 'STORE_UNSAFE'
  | 'STORE_CORRUPT'
  | 'STORE_FAILED'
  | 'SCHEMA_NEWER'
  | 'WORKER_DIED'
  | 'TIMEOUT'
  | 'CLOSED'
  | 'KAFKAJS_UNKNOWN';

/** A broken promise of the alerts: `code` for programs, the message (what, where, the value) for people. */
export class AlertsError extends Error {
  override readonly name = 'AlertsError';
  readonly code: AlertsErrorCode;

  constructor(code: AlertsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
