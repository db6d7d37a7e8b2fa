import { deadRecordOf } from './dead-record.ts';
import { createGroupCommit } from './group-commit.ts';
import { committedOf, createListeners } from './listeners.ts';
import { openStoreClient, outboxPlaceOf } from './open-store.ts';
import { createRetentionSweep, type RetentionDays } from './retention.ts';
import { type SetAside, setAsideRecord } from './set-aside.ts';
import { isStoreWide, unrecordedBy } from './store-failure.ts';
import type { StoreClient } from './store-protocol.ts';
import { createTally } from './store-tally.ts';
import type { CommitOutcome, ExcerptContent, ExchangeRecord, Ledger, LedgerStats } from './types.ts';
import { createUnscoredOutbox } from './unscored-outbox.ts';
import { createWaterMarks, levelOf, type RecordLevel, type WaterMarkOptions } from './water-marks.ts';

/** How a ledger is built. */
export interface LedgerOptions {
  /** Folder of `telltale.db`; made when it is missing. */
  readonly dataDir: string;
  /** `postgres://…`: the store is in this database instead, and may be shared by several gateways. */
  readonly databaseUrl?: string;
  /** The names of the sinks that get every alert from now on. */
  readonly sinks: readonly string[];
  /** How much of the text leaves the process in excerpts; default `redacted`. */
  readonly content?: ExcerptContent;
  /** The embedded database grows no further; unlimited when left out. A server's own bounds what is there. */
  readonly maxBytes?: number;
  /** Exchanges that may wait for the disk; default 512. */
  readonly maxQueued?: number;
  /** How long a commit may take; default 5 s. */
  readonly commitTimeoutMs?: number;
  /** How long a statement waits for another process that holds the database; default 2 s. */
  readonly busyTimeoutMs?: number;
  /** How long a dead relay of a shared database keeps its part of the outbox from the others, and how long one that
   *  stands still keeps its own; default 2.5 s, renewed three times in that. */
  readonly leaseMs?: number;
  /** Above these marks lower levels are sampled; default 100,000 rows and 80 % of the `maxBytes` of an embedded
   *  database, one in ten. */
  readonly waterMarks?: Partial<WaterMarkOptions>;
  /** How long exchanges are kept; for ever when left out. */
  readonly retentionDays?: RetentionDays;
  /** So many exchanges without a flag are kept, the newest; all of them when left out. */
  readonly maxUnflagged?: number;
  /** A damaged database was found when it was opened. It is an alert as well. */
  readonly onSetAside?: (setAside: SetAside) => void;
  /** A damaged database is an error instead, and nothing is set aside: for commands, which tell no sink. */
  readonly refusesDamaged?: boolean;
}

const MAX_BATCH = 64;

/** Exchanges of one conversation are not on their way together: the next begins when the one before is on disk. */
const MAX_UNDER_WAY = 2;

const SAMPLED_LEVELS: readonly RecordLevel[] = ['none', 'informational', 'low', 'medium'];

/** Opens the store: a file in a thread of its own, or a database of a server.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, STORE_UNREACHABLE, STORE_UNSAFE, SCHEMA_NEWER,
 *  STORE_CORRUPT where that is refused */
export async function createLedger(options: LedgerOptions): Promise<Ledger> {
  const { notify, onCommitted, listenerErrors } = createListeners();
  const found: SetAside[] = [];
  let tellSetAside = (setAside: SetAside): unknown => found.push(setAside);
  const onSetAside = (setAside: SetAside): void => {
    tellSetAside(setAside);
    options.onSetAside?.(setAside);
  };
  const tally = createTally();
  const store = await openStoreClient(options, { onSetAside, onCommitted: notify, onFailure: tally.fail });
  const { maxQueued = 512, commitTimeoutMs: timeoutMs = 5000 } = options;
  const bounds = { maxQueued, timeoutMs, maxUnderWay: MAX_UNDER_WAY };
  const write = createWrite(store, tally.transaction);
  const group = createGroupCommit<ExchangeRecord>({ write, maxBatch: MAX_BATCH, ...bounds });
  const marks = createWaterMarks(marksOf(options), () => store.ask('pressure', undefined), tally.fail);
  const retention = createRetentionSweep(
    { days: options.retentionDays ?? KEEP_ALL, maxUnflagged: options.maxUnflagged ?? null },
    {
      expire: (expiry) => store.ask('expire', expiry),
      crowdedUpTo: (keep) => store.ask('crowdedUpTo', keep),
      crowdOut: (crowding) => store.ask('crowdOut', crowding),
      onFailure: tally.fail,
    },
  );
  marks.refresh();

  const tryCommit = async (record: ExchangeRecord): Promise<CommitOutcome> => {
    const outcome = marks.leavesOut(record) ? sampledOf(record) : await group.submit(record);
    marks.refresh();
    tally.note(outcome);
    if (outcome.outcome === 'committed') retention.noteCommit();
    if (outcome.outcome === 'committed') notify(committedOf(record.exchangeId, outcome));
    return outcome;
  };
  const commit = async (record: ExchangeRecord): Promise<CommitOutcome> => {
    const outcome = await tryCommit(record);
    if (outcome.outcome !== 'unrecorded' || isStoreWide(outcome.reason)) return outcome;
    const dead = deadRecordOf(record, outcome.message);
    return { ...outcome, isBuried: await tally.burying(store.ask('bury', dead)) };
  };
  const unscored = createUnscoredOutbox({
    store,
    ...bounds,
    note(outcome) {
      marks.refresh();
      tally.note(outcome);
    },
    onBuried: tally.bury,
    burying: tally.burying,
  });
  const alertSetAside = (setAside: SetAside) => commit(setAsideRecord(setAside, new Date().toISOString()));
  for (const setAside of found) await alertSetAside(setAside);
  // A thread that died opens the file again, and may find it damaged then.
  tellSetAside = alertSetAside;
  return {
    commit,
    tryCommit,
    onCommitted,
    unscored,
    outboxPlace: outboxPlaceOf(options),
    noteFailure: tally.fail,
    ...asking(store),
    stats(): LedgerStats {
      // For who asks next: what is delivered meanwhile no commit tells.
      marks.refresh();
      return {
        ...tally.counts(),
        queued: group.queued() + unscored.queued(),
        isAboveMark: marks.isAbove(),
        pressure: marks.pressure(),
        expired: retention.removed(),
        crowdedOut: retention.crowdedOut(),
        listenerErrors: listenerErrors(),
      };
    },
    close: async () => {
      retention.close();
      marks.close();
      await Promise.all([group.close(), unscored.close()]);
      await store.close();
    },
  };
}

const KEEP_ALL: RetentionDays = {
  none: null,
  informational: null,
  low: null,
  medium: null,
  high: null,
  critical: null,
};

function marksOf({ waterMarks = {}, maxBytes, databaseUrl }: LedgerOptions): WaterMarkOptions {
  const isBounded = maxBytes !== undefined && databaseUrl === undefined;
  return {
    rows: 100_000,
    bytes: isBounded ? Math.floor(maxBytes * 0.8) : null,
    keepOneIn: 10,
    levels: SAMPLED_LEVELS,
    everyMs: 1000,
    ...waterMarks,
  };
}

/** What is asked of the store as it stands. */
function asking(store: StoreClient) {
  return {
    listFlagged: (query = {}) => store.ask('listFlagged', query),
    readExchange: (exchangeId) => store.ask('readExchange', exchangeId),
    known: (exchangeIds) => store.ask('known', exchangeIds),
    saveReview: (review) => store.ask('saveReview', review),
    counts: () => store.ask('counts', undefined),
    take: (query) => store.ask('take', query),
    settle: (settlement) => store.ask('settle', settlement),
    depth: (sink) => store.ask('depth', sink),
    waiting: (query) => store.ask('waiting', query),
    sinksWithRows: () => store.ask('sinksWithRows', undefined),
    deadLetters: (query) => store.ask('deadLetters', query),
    retryDead: (selection) => store.ask('retryDead', selection),
    dropDead: (selection) => store.ask('dropDead', selection),
    dropWaiting: (sink) => store.ask('dropWaiting', sink),
    erase: (selection) => store.ask('erase', selection),
    listSilences: (query) => store.ask('listSilences', query),
    addSilence: (silence) => store.ask('addSilence', silence),
    endSilence: (ending) => store.ask('endSilence', ending),
    countHeldBack: (counts) => store.ask('countHeldBack', counts),
    heldBack: (ids) => store.ask('heldBack', ids),
    sharedKey: (own) => store.ask('sharedKey', own),
  } satisfies Partial<Ledger>;
}

/** Writes a batch; where the store cannot even take it over, one after another, so that only what is at fault fails. */
function createWrite(store: StoreClient, onTransaction: () => void) {
  const write = async (records: readonly ExchangeRecord[]): Promise<readonly CommitOutcome[]> => {
    onTransaction();
    try {
      return await store.ask('commit', records);
    } catch (error) {
      const outcome = unrecordedBy(error);
      if (records.length === 1 || isStoreWide(outcome.reason)) return records.map(() => outcome);
      const outcomes: CommitOutcome[] = [];
      for (const record of records) outcomes.push(...(await write([record])));
      return outcomes;
    }
  };
  return write;
}

function sampledOf(record: ExchangeRecord): CommitOutcome {
  const level = levelOf(record);
  return { outcome: 'sampled', level: level === 'none' ? null : level };
}
