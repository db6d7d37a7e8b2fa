import type { DeliveryOutcome } from '../types.ts';

/** Statuses after which the same request may succeed later, those of broken or overloaded servers aside. */
const PASSING: ReadonlySet<number> = new Set([408, 421, 425, 429]);

/** What an answer means for the alert: 2xx took it, 5xx and the passing 4xx want it again, all else never will,
 *  redirects included: what is signed for one address is not sent to another. */
export function outcomeOf(status: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const isPassing = status >= 500 || PASSING.has(status);
  return { outcome: isPassing ? 'retry' : 'rejected', reason: `the webhook answered ${status}` };
}

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; 0 where it says nothing useful. */
export function retryAfterMs(header: unknown, now = Date.now()): number {
  if (typeof header !== 'string') return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
