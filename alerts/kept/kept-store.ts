import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AlertsError } from '../alerts-error.ts';
import type { SetAside } from '../set-aside.ts';
import { reasonOfCode } from '../store-failure.ts';
import { createThreadClient, type ThreadClient } from '../thread-client.ts';
import type { Kept, KeptDatabase, KeptOptions, KeptPage } from './database.ts';
import type { DroppedReason, KeptStats, ToKeep } from './types.ts';

/** Name of the database in the data folder. */
export const KEPT_FILE = 'replay.db';

/** Keeps exchanges for rules to be held against again. */
export interface KeptStore {
  /** Takes an exchange; whether it came to the disk is counted, and nobody waits for it. */
  keep(exchange: ToKeep): void;
  /** Removes what the store of exchanges holds no more. Never throws: what fails is counted and left for the next. */
  sweep(): Promise<void>;
  stats(): KeptStats;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface KeptStoreParts {
  /** Folder of `replay.db`; nothing is made there before there is something to keep. */
  readonly dataDir: string;
  readonly maxBytes: number;
  /** Those of some exchanges that the store holds. */
  known(exchangeIds: readonly string[]): Promise<readonly string[]>;
  /** Something went wrong that an operator should know; told once until it is over. */
  onTrouble(error: Error): void;
  onSetAside(setAside: SetAside): void;
}

const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const CALL_TIMEOUT_MS = 30_000;
const BUSY_TIMEOUT_MS = 2_000;
/** A database that could not be opened is not tried again with each exchange. */
const REOPEN_AFTER_MS = 10_000;
const SWEEP_EVERY_MS = 600_000;
const PAGE = 500;

/** Sweeps now and every ten minutes. */
export function createKeptStore(parts: KeptStoreParts): KeptStore {
  const path = join(parts.dataDir, KEPT_FILE);
  const tally = createTally();
  const client = createLazyClient({ path, busyTimeoutMs: BUSY_TIMEOUT_MS, maxBytes: parts.maxBytes }, parts);
  const open = new Set<Promise<void>>();
  let isClosed = false;
  let isTroubled = false;

  const trouble = (error: unknown): void => {
    if (!isTroubled) parts.onTrouble(error instanceof Error ? error : new Error(String(error)));
    isTroubled = true;
  };
  const write = async (exchange: ToKeep): Promise<void> => {
    const { length } = exchange.data;
    tally.queue(length);
    try {
      const kept = (await client.ask('keep', exchange, [exchange.data.buffer])) as Kept;
      if (kept.isTooLarge) tally.drop('too_large');
      else tally.keep(kept);
      isTroubled = false;
    } catch (error) {
      tally.drop(droppedBy(error));
      trouble(error);
    } finally {
      tally.queue(-length);
    }
  };
  const removeUnknown = async (): Promise<void> => {
    let after: number | null = 0;
    while (after !== null && !isClosed) {
      const page = (await client.ask('page', { after, limit: PAGE })) as KeptPage;
      const known = new Set(await parts.known(page.exchangeIds));
      const gone = page.exchangeIds.filter((id) => !known.has(id));
      if (gone.length > 0)
        tally.expire((await client.ask('remove', gone)) as ReturnType<KeptDatabase['remove']>);
      after = page.next;
    }
  };
  const sweep = async (): Promise<void> => {
    if (isClosed || !existsSync(path)) return;
    try {
      await removeUnknown();
    } catch (error) {
      // What it did not come to is left for the next process.
      if (isClosed) return;
      tally.fail();
      trouble(error);
    }
  };
  const timer = setInterval(() => void sweep(), SWEEP_EVERY_MS).unref();
  const first = sweep();
  return {
    keep(exchange) {
      if (isClosed) tally.drop('closed');
      else if (tally.queued() + exchange.data.length > MAX_QUEUED_BYTES) tally.drop('queue_full');
      else {
        const writing = write(exchange).finally(() => open.delete(writing));
        open.add(writing);
      }
    },
    sweep,
    stats: tally.stats,
    async close() {
      isClosed = true;
      clearInterval(timer);
      await Promise.all([...open, first]);
      await client.close();
    },
  };
}

/** A thread that is started when it is first needed. */
function createLazyClient(options: KeptOptions, { onSetAside }: KeptStoreParts): ThreadClient {
  let starting: Promise<ThreadClient> | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  const start = () => {
    if (performance.now() - failedAt < REOPEN_AFTER_MS) {
      return Promise.reject(
        new AlertsError('STORE_FAILED', `${options.path} could not be opened a moment ago`),
      );
    }
    const script = new URL('./kept-thread.ts', import.meta.url);
    const parts = { name: 'telltale-kept', script, options, timeoutMs: CALL_TIMEOUT_MS, onSetAside };
    const started = createThreadClient(parts);
    started.catch(() => {
      failedAt = performance.now();
    });
    return started;
  };
  return {
    async ask(method, argument, transfer) {
      starting ??= start();
      const opened = starting;
      const client = await opened.catch((cause) => {
        if (starting === opened) starting = null;
        throw new UnavailableError(cause);
      });
      return client.ask(method, argument, transfer);
    },
    async close() {
      // Whoever asked was told that it could not be opened; there is nothing to close.
      const client = await starting?.catch(() => null);
      await client?.close();
    },
  };
}

/** The database cannot be opened. */
class UnavailableError extends Error {
  override readonly name = 'UnavailableError';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function droppedBy(error: unknown): DroppedReason {
  if (error instanceof UnavailableError) return 'unavailable';
  const isFull = error instanceof AlertsError && reasonOfCode(error.code) === 'disk_full';
  return isFull ? 'disk_full' : 'error';
}

function createTally() {
  const dropped: Partial<Record<DroppedReason, number>> = {};
  const counts = { kept: 0, evicted: 0, expired: 0, queuedBytes: 0, failures: 0 };
  let size: number | null = null;
  return {
    keep({ evicted, bytes }: Kept): void {
      counts.kept += 1;
      counts.evicted += evicted;
      size = bytes;
    },
    drop(reason: DroppedReason): void {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    },
    expire({ removed, bytes }: ReturnType<KeptDatabase['remove']>): void {
      counts.expired += removed;
      size = bytes;
    },
    queue(bytes: number): void {
      counts.queuedBytes += bytes;
    },
    fail(): void {
      counts.failures += 1;
    },
    queued: () => counts.queuedBytes,
    stats: (): KeptStats => ({ ...counts, dropped: { ...dropped }, bytes: size }),
  };
}
