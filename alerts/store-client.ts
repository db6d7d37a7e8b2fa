import { handedRecord } from './database/handed-record.ts';
import type { OpenedDatabase } from './database/open.ts';
import type { StoreOptions } from './database/store.ts';
import type { StoreAnswer, StoreArgument, StoreClient, StoreMethod } from './store-protocol.ts';
import { createThreadClient } from './thread-client.ts';

/** What the client needs. */
export interface StoreClientParts {
  readonly options: StoreOptions;
  /** How long one call may take, those before it included. */
  readonly timeoutMs: number;
  /** The thread's heap; one that needs more dies and is replaced. Node's own bound when left out. */
  readonly maxHeapMb?: number;
  onSetAside(setAside: NonNullable<OpenedDatabase['setAside']>): void;
}

const SCRIPT = new URL('./store-thread.ts', import.meta.url);

/** Starts a thread and opens the store in it. A thread that died is replaced at the next call.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER, WORKER_DIED */
export async function createStoreClient(parts: StoreClientParts): Promise<StoreClient> {
  const client = await createThreadClient({ name: 'telltale-store', script: SCRIPT, ...parts });
  const ask = async <Method extends StoreMethod>(method: Method, argument: StoreArgument<Method>) => {
    const handed = method === 'commit' ? (argument as StoreArgument<'commit'>).map(handedRecord) : argument;
    return (await client.ask(method, handed)) as StoreAnswer<Method>;
  };
  return { ask, close: client.close };
}
