/** The thread that holds the database of kept exchanges: packing and writing stop nobody who serves requests. */

import { workerData } from 'node:worker_threads';
import { serveThread } from '../serve-thread.ts';
import { type KeptOptions, openKept } from './database.ts';

const options = workerData as KeptOptions;
serveThread(options.path, () => openKept(options));
