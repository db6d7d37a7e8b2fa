/** The store as a whole. */

import type { Level } from '../../rules/index.ts';
import type { CommitOutcome, UnrecordedReason } from './commit.ts';
import type { ExchangeRecord } from './exchange.ts';
import type { EraseSelection, Erasure, StorePressure } from './keeping.ts';
import type { Outbox, OutboxDesk, OutboxPlace } from './outbox.ts';
import type { ReviewStore } from './review.ts';
import type { SilenceDesk } from './silence.ts';
import type { UnscoredOutbox } from './unscored.ts';

/** What the store does by itself, with nobody who waits for it: whoever misses it is told by a count alone.
 *  retention: removing what is too old; pressure: measuring how full it is; bury: putting an exchange to the dead
 *  letters; leases and news: between the replicas of one database; relay: the thread that brings alerts to Kafka, which
 *  ended or hung. */
export type StoreTask = 'retention' | 'pressure' | 'bury' | 'leases' | 'news' | 'relay';

export interface LedgerStats {
  readonly committed: number;
  readonly unrecorded: Readonly<Partial<Record<UnrecordedReason, number>>>;
  /** Exchanges that wait for the disk now. */
  readonly queued: number;
  readonly transactions: number;
  /** Left out above the water mark, by the level of their strongest finding; `none` where nothing was flagged. */
  readonly sampled: Readonly<Partial<Record<Level | 'none', number>>>;
  /** Removed because they were older than their level is kept. */
  readonly expired: Readonly<Partial<Record<Level | 'none', number>>>;
  /** Exchanges that nothing flagged, removed because too many came after them. */
  readonly crowdedOut: number;
  /** Whether the store is above a water mark now. */
  readonly isAboveMark: boolean;
  /** As last measured; null before the first time. */
  readonly pressure: StorePressure | null;
  /** Exchanges that went to the dead letters. */
  readonly buried: number;
  /** How often something failed that is tried again by itself, or given up. */
  readonly failures: Readonly<Record<StoreTask, number>>;
  /** Listeners that threw. */
  readonly listenerErrors: number;
}

/** The store of exchanges, findings and alerts. */
export interface Ledger extends Outbox, OutboxDesk, ReviewStore, SilenceDesk {
  /** Records one exchange: everything or nothing, never throws. The same exchange twice is recorded once. What lies in the
   *  exchange itself makes it a dead letter, and the outcome says whether it became one. */
  commit(record: ExchangeRecord): Promise<CommitOutcome>;
  /** The same for whoever will ask again: no dead letter yet. */
  tryCommit(record: ExchangeRecord): Promise<CommitOutcome>;
  /** Exchanges that are scored elsewhere, on their way there. */
  readonly unscored: UnscoredOutbox;
  /** Where a thread of its own reads what is to be relayed. */
  readonly outboxPlace: OutboxPlace;
  /** Counts what failed elsewhere in the store's name. */
  noteFailure(task: StoreTask): void;
  stats(): LedgerStats;
  /** Removes all that the store holds of a subject, a conversation or an exchange, and makes sure that it is gone. */
  erase(selection: EraseSelection): Promise<Erasure>;
  /** The key that all gateways of this store hash identities with: of a server's database the one that the first of them
   *  brought, of a file the own one, since a file has one gateway. */
  sharedKey(own: Uint8Array): Promise<Uint8Array>;
  /** Writes what waits, then closes the database. */
  close(): Promise<void>;
}
