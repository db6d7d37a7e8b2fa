/** What waits for a sink, and what was given up. */

import type { Committed } from './commit.ts';
import type { Alert, ExcerptContent } from './sink.ts';

/** What a relay brings: an alert to a sink, or an exchange to whoever scores it. */
export interface Payload {
  /** What is of one conversation stays in order. */
  readonly conversationId: string;
}

/** One alert, or whatever else, that waits for one sink. */
export interface OutboxItem<Brought extends Payload = Alert> {
  /** Grows in the order of commits. */
  readonly seq: number;
  readonly payload: Brought;
}

export interface TakeQuery {
  readonly sink: string;
  readonly limit: number;
  /** Conversations to leave where they are. */
  readonly exceptConversations: readonly string[];
  /** What the relay has in its hands already; none when left out. */
  readonly exceptSeqs?: readonly number[];
}

export interface Settlement {
  readonly sink: string;
  readonly delivered: readonly number[];
  readonly dead: readonly { readonly seq: number; readonly reason: string }[];
}

/** The oldest alerts of a sink that wait, whoever delivers them. */
export interface WaitingQuery {
  readonly sink: string;
  readonly limit: number;
}

/** What was given up: an alert that its sink rejected, or an exchange that the store could not write. */
export interface DeadLetter {
  readonly seq: number;
  /** The sink that rejected it; `store` for an exchange that was not written, `scoring` for one that was not scored. */
  readonly sink: string;
  /** Null for an exchange. */
  readonly alertId: string | null;
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly queuedAt: string;
  readonly diedAt: string;
  readonly reason: string;
}

/** Which dead letters; all where neither is given. */
export interface DeadSelection {
  readonly sink?: string;
  readonly seqs?: readonly number[];
}

/** What became of dead letters that were tried again. */
export interface RetriedLetters {
  readonly retried: number;
  /** These stay dead letters. */
  readonly failed: readonly { readonly seq: number; readonly reason: string }[];
  /** Of those that were retried: exchanges that are written now, and whose texts were too long to be kept. */
  readonly withoutTexts: number;
}

/** An exchange that cannot be written, as it goes to the dead letters. */
export interface DeadRecord {
  /** `store`, or `scoring` where it is still to be scored. */
  readonly sink: string;
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly subject: string | null;
  readonly reason: string;
  /** What could be kept of it, to be tried again; null where nothing could. */
  readonly json: string | null;
}

export interface OutboxDepth {
  readonly depth: number;
  /** When the oldest waiting alert was queued, ISO 8601, or null. */
  readonly oldestQueuedAt: string | null;
  readonly dead: number;
}

/** What the relay reads and writes: alerts that are on disk and not yet delivered. */
export interface Outbox<Brought extends Payload = Alert> {
  /** The oldest waiting alerts of a sink, in the order of commits; they stay until they are settled. Where more wait, a
   *  quarter may be the newest instead, as far as nothing of their conversation waits before them. */
  take(query: TakeQuery): Promise<readonly OutboxItem<Brought>[]>;
  /** Removes what was delivered, moves what was rejected to the dead letters; in one transaction. Where nothing was
   *  rejected it is not brought to the disk by itself: after a power cut what was delivered last may wait again. */
  settle(settlement: Settlement): Promise<void>;
  depth(sink: string): Promise<OutboxDepth>;
  /** Called after each commit; gives the function that ends it. */
  onCommitted(listener: (committed: Committed) => void): () => void;
}

/** Where another thread of the process reads the outbox: plain data. Only one thread at a time takes for a sink. */
export type OutboxPlace = OutboxFile | OutboxServer;

/** The embedded store. */
export interface OutboxFile {
  readonly kind: 'file';
  readonly path: string;
  /** Applied as alerts are read. */
  readonly content: ExcerptContent;
  /** How long a statement waits for another process that holds the database. */
  readonly busyTimeoutMs: number;
}

/** A database of a server. */
export interface OutboxServer {
  readonly kind: 'server';
  readonly url: string;
  readonly content: ExcerptContent;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a dead relay keeps its part of the outbox from the others. */
  readonly leaseMs: number;
}

/** What a person reads and works off by hand. */
export interface OutboxDesk {
  /** Names of the sinks for which something waits or is dead, whether they are configured or not. */
  sinksWithRows(): Promise<readonly string[]>;
  /** Reads only: no relay is kept from them. */
  waiting(query: WaitingQuery): Promise<readonly OutboxItem[]>;
  /** Oldest first. */
  deadLetters(query: DeadSelection & { readonly limit: number }): Promise<readonly DeadLetter[]>;
  /** Puts alerts back into the outbox, behind what waits, and writes exchanges again. */
  retryDead(selection: DeadSelection): Promise<RetriedLetters>;
  /** @returns how many are gone */
  dropDead(selection: DeadSelection): Promise<number>;
  /** Gives up what waits for a sink; its alerts stay recorded. Of what waits under `scoring` nothing stays.
   *  @returns how many are gone */
  dropWaiting(sink: string): Promise<number>;
}
