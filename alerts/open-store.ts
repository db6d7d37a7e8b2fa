import { join } from 'node:path';
import type { LedgerOptions } from './ledger.ts';
import { createPostgresClient } from './postgres/client.ts';
import type { SetAside } from './set-aside.ts';
import { createStoreClient } from './store-client.ts';
import type { StoreClient } from './store-protocol.ts';
import type { Committed, StoreTask } from './types.ts';

const FILE_NAME = 'telltale.db';

/** What the store tells by itself. */
export interface StoreListeners {
  onSetAside(setAside: SetAside): void;
  /** Another replica has committed; the embedded store has none. */
  onCommitted(committed: Committed): void;
  onFailure(task: StoreTask): void;
}

/** Opens the store that the options name: a database of a server, else a file in the data folder. */
export function openStoreClient(options: LedgerOptions, listeners: StoreListeners): Promise<StoreClient> {
  const { sinks, content = 'redacted', keepOrdinary = 10_000, busyTimeoutMs = 2000 } = options;
  const shared = { sinks, content, keepOrdinary };
  const { commitTimeoutMs = 5000 } = options;
  if (options.databaseUrl !== undefined) {
    return createPostgresClient({
      ...shared,
      url: options.databaseUrl,
      lockTimeoutMs: busyTimeoutMs,
      statementTimeoutMs: commitTimeoutMs,
      leaseMs: options.leaseMs ?? 10_000,
      onCommitted: listeners.onCommitted,
      onFailure: listeners.onFailure,
    });
  }
  const path = join(options.dataDir, FILE_NAME);
  const bound = options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes };
  return createStoreClient({
    options: { ...shared, path, busyTimeoutMs, ...bound },
    timeoutMs: 2 * commitTimeoutMs,
    onSetAside: listeners.onSetAside,
  });
}
