import { resolve } from 'node:path';
import { createLedger, type Ledger, type LedgerOptions, type LedgerStats } from '../alerts/index.ts';
import type { Config } from './config/schema.ts';
import { sinkNames } from './sinks/create-sinks.ts';

const SAMPLED = ['none', 'informational', 'low', 'medium'] as const;

/** What the configuration says of the store.
 *  @param sinks - names of the sinks that get every alert */
export function ledgerOptions(
  config: Pick<Config, 'data' | 'store' | 'policy'>,
  sinks: string[],
): LedgerOptions {
  const { store, policy } = config;
  const bytes = store.high_water_bytes;
  return {
    dataDir: resolve(config.data),
    sinks,
    content: store.content,
    retentionDays: store.retention_days,
    ...(store.max_unflagged === null ? {} : { maxUnflagged: store.max_unflagged }),
    waterMarks: {
      rows: store.high_water_rows,
      keepOneIn: store.sample_one_in,
      // Where nothing may pass unrecorded, nothing is left out on purpose.
      levels: SAMPLED.filter((level) => policy.on_unrecorded[level] === 'pass'),
      ...(bytes === null ? {} : { bytes }),
    },
    ...(store.database_url === null ? {} : { databaseUrl: store.database_url }),
    ...(store.max_bytes === null ? {} : { maxBytes: store.max_bytes }),
  };
}

/** How a person opens the store from the command line: nothing is queued, nothing expires, and calls may take long. What is
 *  written here alerts the sinks of the configuration, as if the gateway had written it. */
export function openDesk(config: Pick<Config, 'data' | 'store' | 'kafka' | 'sinks'>): Promise<Ledger> {
  const { store, data } = config;
  return createLedger({
    dataDir: resolve(data),
    sinks: sinkNames(config),
    content: store.content,
    refusesDamaged: true,
    commitTimeoutMs: DESK_TIMEOUT_MS,
    busyTimeoutMs: DESK_BUSY_MS,
    ...(store.database_url === null ? {} : { databaseUrl: store.database_url }),
  });
}

/** What readiness tells of a store that records, but not everything. */
export function storeNotes({ isAboveMark, sampled, buried }: LedgerStats): string[] {
  const left = Object.values(sampled).reduce((sum, count) => sum + count, 0);
  return [
    ...(isAboveMark ? [`store: above its water mark, ${left} exchanges below high left out so far`] : []),
    ...(buried > 0 ? [`store: ${buried} exchanges could not be written and are dead letters`] : []),
  ];
}

const DESK_TIMEOUT_MS = 300_000;
const DESK_BUSY_MS = 10_000;
