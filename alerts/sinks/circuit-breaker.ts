import { type BackoffOptions, backoffMs } from '../backoff.ts';

/** Leaves a destination alone that has failed several times in a row, for a while that grows; then one attempt shows
 *  whether it is back. Attempts that were under way when a while began do not end it. */
export interface CircuitBreaker {
  /** Milliseconds until an attempt may be made; 0 is now. */
  waitMs(): number;
  /** Why the last attempt failed; empty where none has. */
  reason(): string;
  succeeded(): void;
  /** @param askedMs - the destination itself said how long to stay away */
  failed(reason: string, askedMs?: number): void;
}

export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly threshold: number;
  readonly rest: BackoffOptions;
}

/** What a destination asks for is believed up to this. */
const MAX_ASKED_MS = 3_600_000;

/** A closed breaker. Times are monotonic. */
export function createCircuitBreaker({ threshold, rest }: CircuitBreakerOptions): CircuitBreaker {
  let failures = 0;
  let until = 0;
  let lastReason = '';
  return {
    waitMs: () => Math.max(0, until - performance.now()),
    reason: () => lastReason,
    succeeded() {
      failures = 0;
    },
    failed(reason, askedMs = 0) {
      failures += 1;
      lastReason = reason;
      const restMs = failures < threshold ? 0 : backoffMs(failures - threshold + 1, rest);
      const waitMs = Math.max(restMs, Math.min(askedMs, MAX_ASKED_MS));
      if (waitMs > 0) until = Math.max(until, performance.now() + waitMs);
    },
  };
}
