import { AlertsError } from '../alerts-error.ts';
import { committedOf } from '../listeners.ts';
import type { AsyncStore } from '../store-protocol.ts';
import type { CommitOutcome, Committed, ExcerptContent, ExchangeRecord, StoreTask } from '../types.ts';
import { insertRecords } from './commit.ts';
import { countAll } from './counts.ts';
import {
  createPostgresDatabase,
  type PostgresDatabase,
  type PostgresOptions,
  type Query,
  shownUrl,
} from './database.ts';
import { createDeadLetters } from './dead-letters.ts';
import { erase } from './erase.ts';
import { createLeases } from './leases.ts';
import { migratePostgres } from './migrations.ts';
import { createNews } from './news.ts';
import { createOutbox } from './outbox.ts';
import { known, listFlagged, readExchange } from './read.ts';
import { crowdedUpTo, crowdOut, expire, pressure } from './retention.ts';
import { saveReview } from './save-review.ts';
import { sharedKey } from './shared-key.ts';
import { createSilences } from './silences.ts';
import { createUnscoredRows } from './unscored.ts';
import { writeTogether } from './write-together.ts';

/** How the store is opened and what it does with what it is given. */
export interface PostgresStoreOptions extends PostgresOptions {
  readonly sinks: readonly string[];
  readonly content: ExcerptContent;
  /** How long a dead relay keeps its part of the outbox from the others. */
  readonly leaseMs: number;
  /** Another replica has committed. */
  onCommitted(committed: Committed): void;
  onFailure(task: StoreTask): void;
}

/** Connects, and takes the database to the newest version.
 *  @throws AlertsError, or the error of pg when it cannot be reached */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<AsyncStore> {
  const where = shownUrl(options.url);
  const database = createPostgresDatabase(options);
  try {
    await requireSync(database, where);
    await migratePostgres(database, where);
  } catch (error) {
    await database.close();
    throw error;
  }
  const owner = crypto.randomUUID();
  const leases = createLeases({ ...options, database, owner });
  const news = createNews({ ...options, owner });
  const commit = createCommit(database, options, news.tell);
  const { query } = database;
  return {
    commit,
    saveReview: (review) => saveReview(database, review),
    listFlagged: (asked) => listFlagged(query, asked),
    readExchange: (exchangeId) => readExchange(query, exchangeId),
    known: (exchangeIds) => known(query, exchangeIds),
    counts: () => countAll(query),
    ...createOutbox({ database, leases, owner, content: options.content }),
    ...createUnscoredRows({ database, leases, owner }),
    ...createDeadLetters(database, commit),
    expire: (expiry) => expire(database, expiry),
    crowdedUpTo: (keep) => crowdedUpTo(query, keep),
    crowdOut: (crowding) => crowdOut(query, crowding),
    pressure: () => pressure(query),
    erase: (selection) => erase(database, selection),
    ...createSilences(query),
    sharedKey: (own) => sharedKey(query, own),
    close: async () => {
      // What is not given back ends by itself.
      await leases.release().catch(() => {});
      await news.close();
      await database.close();
    },
  };
}

/** A server that does not sync cannot keep what it acknowledged. */
async function requireSync(database: PostgresDatabase, where: string): Promise<void> {
  const [row] = await database.query<{ fsync: string }>('SHOW fsync');
  if (row?.fsync === 'on') return;
  throw new AlertsError(
    'STORE_UNSAFE',
    `${where} runs with fsync = ${row?.fsync}: a power cut would take back alerts that were acknowledged; set fsync = on`,
  );
}

function createCommit(
  database: PostgresDatabase,
  options: PostgresStoreOptions,
  tell: ReturnType<typeof createNews>['tell'],
) {
  const takeTurn = createTurns();
  const commitOnce = (records: readonly ExchangeRecord[]) =>
    takeTurn((onLocked) => database.transaction((query) => write(query, records, onLocked)));
  const write = async (query: Query, records: readonly ExchangeRecord[], onLocked: () => void) => {
    const alongside = (outcomes: readonly CommitOutcome[]) =>
      tell(
        query,
        records.flatMap((record, index) => newsOf(record, outcomes[index])),
      );
    return insertRecords(query, { records, sinks: options.sinks, onLocked, alongside });
  };
  return (records: readonly ExchangeRecord[]) => writeTogether(records, commitOnce);
}

/** Transactions of several connections reach the lock in the order in which they were begun: each is sent off when the
 *  one before has the lock, or has ended. */
function createTurns() {
  let turn = Promise.resolve();
  return async <Result>(work: (onLocked: () => void) => Promise<Result>): Promise<Result> => {
    const before = turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn = promise;
    await before;
    try {
      return await work(resolve);
    } finally {
      resolve();
    }
  };
}

function newsOf({ exchangeId }: ExchangeRecord, outcome: CommitOutcome | undefined): Committed[] {
  if (outcome?.outcome !== 'committed') return [];
  return [committedOf(exchangeId, outcome)];
}
