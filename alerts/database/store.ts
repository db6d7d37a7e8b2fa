import type { CommitOutcome, Counts, ExcerptContent, ExchangeRecord, NewReview, Review } from '../types.ts';
import { createCounter } from './counts.ts';
import { type OpenedDatabase, type OpenOptions, openDatabase } from './open.ts';
import { createOutboxRows, type OutboxRows } from './outbox.ts';
import { createReader, type Reader } from './read.ts';
import { createWriter } from './write.ts';

/** How the store is opened and what it does with what it is given. */
export interface StoreOptions extends OpenOptions {
  readonly sinks: readonly string[];
  readonly keepOrdinary: number;
  readonly content: ExcerptContent;
}

/** All that one database can be asked, one call after another. */
export interface Store extends Reader, OutboxRows {
  readonly setAside: OpenedDatabase['setAside'];
  commit(records: readonly ExchangeRecord[]): readonly CommitOutcome[];
  saveReview(review: NewReview): Review | null;
  counts(): Counts;
  close(): void;
}

/** Opens the database and prepares its statements. Every call blocks its thread.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER */
export function openStore(options: StoreOptions): Store {
  const { database, setAside } = openDatabase(options);
  return {
    ...createReader(database),
    ...createWriter(database, options),
    ...createOutboxRows(database, options.content),
    counts: createCounter(database),
    setAside,
    close: () => database.close(),
  };
}
