/** The thread that holds the database: a sync, a lock that is waited for and a slow disk stop this thread and not the
 *  one that serves requests. */

import { parentPort, workerData } from 'node:worker_threads';
import { storeError } from './database/failure.ts';
import { openStore, type Store } from './database/store.ts';
import type { StoreReply, StoreRequest, StoreThreadData } from './store-protocol.ts';

const reply = (message: StoreReply): void => parentPort?.postMessage(message);

function answer(store: Store, { id, method, argument }: StoreRequest): void {
  try {
    const call = store[method] as (argument: unknown) => unknown;
    reply({ kind: 'answer', id, value: call(argument) });
  } catch (error) {
    const { code, message } = storeError(error, `the store could not ${method}`);
    reply({ kind: 'failed', id, code, message });
  }
}

function serve(options: StoreThreadData): void {
  try {
    const store = openStore(options);
    reply({ kind: 'opened', setAside: store.setAside });
    parentPort?.on('message', (request: StoreRequest) => answer(store, request));
  } catch (error) {
    const { code, message } = storeError(error, `cannot open ${options.path}`);
    reply({ kind: 'refused', code, message });
  }
}

serve(workerData as StoreThreadData);
