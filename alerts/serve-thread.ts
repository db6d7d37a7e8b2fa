import { parentPort } from 'node:worker_threads';
import type { AlertsErrorCode } from './alerts-error.ts';
import { storeError } from './database/failure.ts';
import type { OpenedDatabase } from './database/open.ts';
import type { ThreadAnswer } from './pending-calls.ts';

/** One question; answers come in the order of the questions. */
export interface ThreadRequest {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** What a thread says: first once whether its database is open, then one answer for each request. */
export type ThreadReply =
  | { readonly kind: 'opened'; readonly setAside: OpenedDatabase['setAside'] }
  | { readonly kind: 'refused'; readonly code: AlertsErrorCode; readonly message: string }
  | ThreadAnswer;

/** Whatever can be asked, by its methods. */
export interface Served {
  readonly setAside: OpenedDatabase['setAside'];
}

/** Opens a database in this thread and answers with its methods: a sync, a lock that is waited for and a slow disk stop
 *  this thread and not the one that serves requests. */
export function serveThread(path: string, open: () => Served): void {
  try {
    const served = open();
    reply({ kind: 'opened', setAside: served.setAside });
    parentPort?.on('message', (request: ThreadRequest) => answer(served, request));
  } catch (error) {
    const { code, message } = storeError(error, `cannot open ${path}`);
    reply({ kind: 'refused', code, message });
  }
}

function answer(served: Served, { id, method, argument }: ThreadRequest): void {
  try {
    const call = (served as unknown as Record<string, (argument: unknown) => unknown>)[method];
    reply({ kind: 'answer', id, value: call?.(argument) });
  } catch (error) {
    const { code, message } = storeError(error, `the store could not ${method}`);
    reply({ kind: 'failed', id, code, message });
  }
}

function reply(message: ThreadReply): void {
  parentPort?.postMessage(message);
}
