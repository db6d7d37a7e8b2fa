/** What leaves the process, and how it is taken. */

import type { Finding } from '../../rules/index.ts';
import type { Verdict } from './exchange.ts';
import type { Payload } from './outbox.ts';

/** The durable record of one finding that leaves the process. */
export interface Alert {
  /** sha256 of exchange, rule, version, segment and span: the same twice. */
  readonly id: string;
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly createdAt: string;
  /** What a disguised text reads in it is as the configured `content` lets it out. */
  readonly finding: Finding;
  readonly verdict: Verdict;
  /** The text around the span, at most 200 characters, as the configured `content` lets it out. */
  readonly excerpt: string;
  readonly featuresetDigest: string;
  readonly traceId: string | null;
  readonly reviewPath: string;
  readonly tenant: string | null;
  /** Who sent the exchange, where that is known. */
  readonly caller?: string | null;
  /** How many alike the sink did not get since the last one it got; only where it groups them. */
  readonly heldBack?: number;
}

/** Why a sink does not get an alert that it could have: it is recorded all the same. */
export type HeldBy = 'route' | 'silence' | 'group' | 'rate_limit';

/** `later`: it was not tried, since the delivery took its time; it comes first in the next one. */
export type DeliveryOutcome =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'later' }
  | { readonly outcome: 'retry'; readonly reason: string }
  | { readonly outcome: 'rejected'; readonly reason: string }
  | { readonly outcome: 'held'; readonly by: HeldBy; readonly silence?: string };

/** One destination of alerts. `deliver` never throws: it gives one outcome per alert, in order. Once it asks for a retry
 *  of an alert, or for it later, it delivers none after it of the same conversation in that call. */
export interface Sink<Brought extends Payload = Alert> {
  readonly name: string;
  /** How long one delivery may take, where that may be longer than whoever brings it waits for every sink. */
  readonly mayTakeMs?: number;
  deliver(alerts: readonly Brought[], abortSignal: AbortSignal): Promise<readonly DeliveryOutcome[]>;
  close(): Promise<void>;
}

/** How much of the text leaves the process in an excerpt: `redacted` keeps the first letter of each word. */
export type ExcerptContent = 'none' | 'redacted' | 'full';
