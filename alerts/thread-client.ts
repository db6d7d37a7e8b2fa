import { type Transferable, Worker } from 'node:worker_threads';
import { AlertsError } from './alerts-error.ts';
import type { OpenedDatabase } from './database/open.ts';
import { createPendingCalls, type PendingCalls } from './pending-calls.ts';
import type { ThreadReply, ThreadRequest } from './serve-thread.ts';

/** What the client of a database in a thread of its own needs. */
export interface ThreadClientParts {
  /** Name of the thread. */
  readonly name: string;
  readonly script: URL;
  /** What the script opens the database with. */
  readonly options: unknown;
  /** How long one call may take, those before it included. */
  readonly timeoutMs: number;
  /** The thread's heap; one that needs more dies and is replaced. Node's own bound when left out. */
  readonly maxHeapMb?: number;
  onSetAside(setAside: NonNullable<OpenedDatabase['setAside']>): void;
}

/** A database in a thread of its own. */
export interface ThreadClient {
  /** @throws {AlertsError} the database's own codes, WORKER_DIED, TIMEOUT, CLOSED */
  ask(method: string, argument: unknown, transfer?: readonly Transferable[]): Promise<unknown>;
  /** Closes the database after what was asked before. */
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly calls: PendingCalls;
  hasEnded: boolean;
}

/** Starts a thread and opens the database in it. A thread that died is replaced at the next call.
 *  @throws {AlertsError} what the database's opening throws, WORKER_DIED */
export async function createThreadClient(parts: ThreadClientParts): Promise<ThreadClient> {
  let starting = startThread(parts);
  let isClosed = false;
  await starting;

  const living = async (): Promise<Thread> => {
    for (;;) {
      const seen = starting;
      // One that could not be started is started again, and what becomes of that is told.
      const thread = await seen.catch(() => undefined);
      if (thread !== undefined && !thread.hasEnded) return thread;
      if (starting === seen) starting = startThread(parts);
      if (thread === undefined || starting !== seen) return starting;
    }
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    // One that could not be started holds nothing, as whoever asked was told.
    const thread = await starting.catch(() => undefined);
    if (thread === undefined || thread.hasEnded) return;
    // A thread that does not answer is ended all the same; what it acknowledged is on disk.
    await callThread(thread, { method: 'close', argument: undefined }).catch(() => undefined);
    await thread.worker.terminate();
  };
  return {
    async ask(method, argument, transfer) {
      if (isClosed) throw new AlertsError('CLOSED', `the store is closed, asked to ${method}`);
      return callThread(await living(), { method, argument, transfer });
    },
    close,
  };
}

interface Question extends Omit<ThreadRequest, 'id'> {
  readonly transfer?: readonly Transferable[] | undefined;
}

function callThread(
  { worker, calls }: Thread,
  { method, argument, transfer = [] }: Question,
): Promise<unknown> {
  const send = (id: number): void =>
    worker.postMessage({ id, method, argument } satisfies ThreadRequest, transfer);
  return calls.call(method, send);
}

function startThread(parts: ThreadClientParts): Promise<Thread> {
  const { name, script, options, timeoutMs, maxHeapMb, onSetAside } = parts;
  const resourceLimits = maxHeapMb === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMb };
  const worker = new Worker(script, { workerData: options, name, resourceLimits });
  const thread: Thread = { worker, calls: createPendingCalls(timeoutMs), hasEnded: false };
  return new Promise((resolve, reject) => {
    const lose = (cause: unknown): void => {
      thread.hasEnded = true;
      const died = new AlertsError('WORKER_DIED', `the store's thread ended: ${cause}`, { cause });
      thread.calls.rejectAll(died);
      reject(died);
    };
    worker.on('error', lose);
    worker.on('exit', (code) => lose(`exit code ${code}`));
    worker.on('message', (reply: ThreadReply) => {
      if (reply.kind === 'answer') thread.calls.resolve(reply.id, reply.value);
      else if (reply.kind === 'failed')
        thread.calls.reject(reply.id, new AlertsError(reply.code, reply.message));
      else if (reply.kind === 'refused') reject(new AlertsError(reply.code, reply.message));
      else {
        if (reply.setAside !== null) onSetAside(reply.setAside);
        resolve(thread);
      }
    });
  });
}
