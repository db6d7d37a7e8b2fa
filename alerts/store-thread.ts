/** The thread that holds the database. */

import { workerData } from 'node:worker_threads';
import { openStore } from './database/store.ts';
import { serveThread } from './serve-thread.ts';
import type { StoreThreadData } from './store-protocol.ts';

const options = workerData as StoreThreadData;
serveThread(options.path, () => openStore(options));
