import type {
  CommitOutcome,
  Counts,
  ExcerptContent,
  ExchangeRecord,
  NewReview,
  SavedReview,
} from '../types.ts';
import { createCounter } from './counts.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createEraser, type Eraser } from './erase.ts';
import { type OpenedDatabase, type OpenOptions, openDatabase } from './open.ts';
import { createOutboxRows, type OutboxRows } from './outbox.ts';
import { createReader, type Reader } from './read.ts';
import { createRetention, type Retention } from './retention.ts';
import { createReviewWriter } from './save-review.ts';
import { createSilences, type Silences } from './silences.ts';
import { createUnscoredRows, type UnscoredRows } from './unscored.ts';
import { createWriter } from './write.ts';

/** How the store is opened and what it does with what it is given. */
export interface StoreOptions extends OpenOptions {
  readonly sinks: readonly string[];
  readonly content: ExcerptContent;
}

/** All that one database can be asked, one call after another. */
export interface Store extends Reader, OutboxRows, UnscoredRows, DeadLetters, Retention, Eraser, Silences {
  readonly setAside: OpenedDatabase['setAside'];
  commit(records: readonly ExchangeRecord[]): readonly CommitOutcome[];
  saveReview(review: NewReview): SavedReview;
  counts(): Counts;
  /** The one that is given: a file has one gateway, which keeps its key beside it. */
  sharedKey(own: Uint8Array): Uint8Array;
  close(): void;
}

/** Opens the database and prepares its statements. Every call blocks its thread.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER */
export function openStore(options: StoreOptions): Store {
  const { database, setAside } = openDatabase(options);
  const writer = createWriter(database, options);
  return {
    ...createReader(database),
    ...writer,
    ...createOutboxRows(database, options.content),
    ...createUnscoredRows(database),
    ...createDeadLetters(database, writer.commit),
    ...createRetention(database),
    ...createEraser(database, options.path),
    ...createSilences(database),
    saveReview: createReviewWriter(database),
    counts: createCounter(database),
    sharedKey: (own) => own,
    setAside,
    close: () => database.close(),
  };
}
