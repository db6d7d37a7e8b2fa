/** An exchange that is on disk before it is scored, and is scored somewhere else. */

import type { CommitOutcome } from './commit.ts';
import type { Outbox } from './outbox.ts';

/** What whoever scores it needs to know; what it says is theirs to read. */
export interface UnscoredExchange {
  readonly exchangeId: string;
  readonly conversationId: string;
  /** Whom it is about, as in `ExchangeRecord`. */
  readonly subject?: string;
  /** The exchange as JSON text. */
  readonly body: string;
}

/** An exchange of which perhaps nothing could be kept. */
export type Unreadable = Omit<UnscoredExchange, 'body'> & { readonly body: string | null };

/** Exchanges that wait to be brought to whoever scores them. In `settle` and `depth` their sink is `SCORING_SINK`. */
export interface UnscoredOutbox extends Outbox<UnscoredExchange> {
  /** Puts one on disk, never throws. The same exchange twice waits once. */
  add(exchange: UnscoredExchange): Promise<CommitOutcome>;
  /** Puts one to the dead letters of `SCORING_SINK`: it could not be brought, or not be read.
   *  @throws {AlertsError} when the store does not answer */
  bury(exchange: Unreadable, reason: string): Promise<void>;
}
