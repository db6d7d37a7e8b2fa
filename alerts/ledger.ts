import { join } from 'node:path';
import { AlertsError, type AlertsErrorCode } from './alerts-error.ts';
import { createGroupCommit } from './group-commit.ts';
import { createStoreClient, type StoreClient } from './store-client.ts';
import type {
  CommitOutcome,
  Committed,
  ExcerptContent,
  ExchangeRecord,
  Ledger,
  LedgerStats,
  UnrecordedReason,
} from './types.ts';

/** How a ledger is built. */
export interface LedgerOptions {
  /** Folder of `telltale.db`; made when it is missing. */
  readonly dataDir: string;
  /** The names of the sinks that get every alert from now on. */
  readonly sinks: readonly string[];
  /** How much of the text leaves the process in excerpts; default `redacted`. */
  readonly content?: ExcerptContent;
  /** Exchanges without a flag are kept up to this number, the newest; default 10,000. */
  readonly keepOrdinary?: number;
  /** The database grows no further; unlimited when left out. */
  readonly maxBytes?: number;
  /** Exchanges that may wait for the disk; default 512. */
  readonly maxQueued?: number;
  /** How long a commit may take; default 5 s. */
  readonly commitTimeoutMs?: number;
  /** How long a statement waits for another process that holds the database; default 2 s. */
  readonly busyTimeoutMs?: number;
  /** A damaged database was found at start: where it is now, and what was wrong with it. */
  readonly onSetAside?: (setAside: { readonly path: string; readonly reason: string }) => void;
}

const FILE_NAME = 'telltale.db';
const MAX_BATCH = 64;

/** Opens the store in a thread of its own.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER */
export async function createLedger(options: LedgerOptions): Promise<Ledger> {
  const store = await openClient(options);
  const { notify, onCommitted, listenerErrors } = createListeners();
  const stats = {
    committed: 0,
    transactions: 0,
    unrecorded: {} as Partial<Record<UnrecordedReason, number>>,
  };
  const write = async (records: readonly ExchangeRecord[]) => {
    stats.transactions += 1;
    return store.ask('commit', records).catch((error: unknown) => records.map(() => unrecordedBy(error)));
  };
  const group = createGroupCommit({
    write,
    maxBatch: MAX_BATCH,
    maxQueued: options.maxQueued ?? 512,
    timeoutMs: options.commitTimeoutMs ?? 5000,
  });
  const commit = async (record: ExchangeRecord): Promise<CommitOutcome> => {
    const outcome = await group.submit(record);
    if (outcome.outcome === 'committed') {
      stats.committed += 1;
      notify(committedOf(record.exchangeId, outcome));
    } else {
      stats.unrecorded[outcome.reason] = (stats.unrecorded[outcome.reason] ?? 0) + 1;
    }
    return outcome;
  };
  return {
    commit,
    onCommitted,
    listFlagged: (query = {}) => store.ask('listFlagged', query),
    readExchange: (exchangeId) => store.ask('readExchange', exchangeId),
    saveReview: (review) => store.ask('saveReview', review),
    counts: () => store.ask('counts', undefined),
    take: (query) => store.ask('take', query),
    settle: (settlement) => store.ask('settle', settlement),
    depth: (sink) => store.ask('depth', sink),
    stats: (): LedgerStats => ({
      ...stats,
      unrecorded: { ...stats.unrecorded },
      queued: group.queued(),
      listenerErrors: listenerErrors(),
    }),
    close: async () => {
      await group.close();
      await store.close();
    },
  };
}

function openClient(options: LedgerOptions): Promise<StoreClient> {
  return createStoreClient({
    options: {
      path: join(options.dataDir, FILE_NAME),
      sinks: options.sinks,
      content: options.content ?? 'redacted',
      keepOrdinary: options.keepOrdinary ?? 10_000,
      busyTimeoutMs: options.busyTimeoutMs ?? 2000,
      ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
    },
    timeoutMs: 2 * (options.commitTimeoutMs ?? 5000),
    onSetAside: options.onSetAside ?? (() => {}),
  });
}

function createListeners() {
  const listeners = new Set<(committed: Committed) => void>();
  let errors = 0;
  const notify = (committed: Committed): void => {
    for (const listener of listeners) {
      try {
        listener(committed);
      } catch {
        errors += 1;
      }
    }
  };
  const onCommitted = (listener: (committed: Committed) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return { notify, onCommitted, listenerErrors: () => errors };
}

function committedOf(exchangeId: string, outcome: CommitOutcome & { outcome: 'committed' }): Committed {
  const { cursor, alertIds } = outcome;
  return { exchangeId, cursor, isFlagged: alertIds.length > 0, alerts: alertIds.length };
}

const REASONS: Readonly<Partial<Record<AlertsErrorCode, UnrecordedReason>>> = {
  STORE_FULL: 'disk_full',
  STORE_LOCKED: 'locked',
  STORE_UNWRITABLE: 'read_only',
  STORE_CORRUPT: 'corrupt',
  TIMEOUT: 'timeout',
  CLOSED: 'closed',
};

function unrecordedBy(error: unknown): CommitOutcome {
  const code = error instanceof AlertsError ? error.code : undefined;
  const reason = (code === undefined ? undefined : REASONS[code]) ?? 'error';
  return { outcome: 'unrecorded', reason, message: error instanceof Error ? error.message : String(error) };
}
