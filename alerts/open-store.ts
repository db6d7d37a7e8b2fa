import { join } from 'node:path';
import type { LedgerOptions } from './ledger.ts';
import { createPostgresClient } from './postgres/client.ts';
import type { SetAside } from './set-aside.ts';
import { createStoreClient } from './store-client.ts';
import type { StoreClient } from './store-protocol.ts';
import type { Committed, OutboxPlace, StoreTask } from './types.ts';

const FILE_NAME = 'telltale.db';

/** What the store tells by itself. */
export interface StoreListeners {
  onSetAside(setAside: SetAside): void;
  /** Another replica has committed; the embedded store has none. */
  onCommitted(committed: Committed): void;
  onFailure(task: StoreTask): void;
}

/** Where the outbox of the store that the options name is: a database of a server, else a file in the data folder. */
export function outboxPlaceOf(options: LedgerOptions): OutboxPlace {
  const { content = 'redacted', busyTimeoutMs = 2000, commitTimeoutMs = 5000, leaseMs = 2_500 } = options;
  const { dataDir, databaseUrl: url } = options;
  if (url === undefined) return { kind: 'file', path: join(dataDir, FILE_NAME), content, busyTimeoutMs };
  const timeouts = { lockTimeoutMs: busyTimeoutMs, statementTimeoutMs: commitTimeoutMs, leaseMs };
  return { kind: 'server', url, content, ...timeouts };
}

/** Opens the store that the options name. */
export function openStoreClient(options: LedgerOptions, listeners: StoreListeners): Promise<StoreClient> {
  const { sinks, commitTimeoutMs = 5000 } = options;
  const place = outboxPlaceOf(options);
  if (place.kind === 'server') {
    const { onCommitted, onFailure } = listeners;
    return createPostgresClient({ sinks, ...place, onCommitted, onFailure });
  }
  const { path, content, busyTimeoutMs } = place;
  const { maxBytes, refusesDamaged = false } = options;
  const bound = maxBytes === undefined ? {} : { maxBytes };
  return createStoreClient({
    options: { sinks, path, content, busyTimeoutMs, refusesDamaged, ...bound },
    timeoutMs: 2 * commitTimeoutMs,
    onSetAside: listeners.onSetAside,
  });
}
