import { Worker } from 'node:worker_threads';
import { AlertsError } from './alerts-error.ts';
import type { OpenedDatabase } from './database/open.ts';
import type { StoreOptions } from './database/store.ts';
import { createPendingCalls, type PendingCalls } from './pending-calls.ts';
import type {
  StoreAnswer,
  StoreArgument,
  StoreClient,
  StoreMethod,
  StoreReply,
  StoreRequest,
} from './store-protocol.ts';

/** What the client needs. */
export interface StoreClientParts {
  readonly options: StoreOptions;
  /** How long one call may take, those before it included. */
  readonly timeoutMs: number;
  /** The thread's heap; one that needs more dies and is replaced. Node's own bound when left out. */
  readonly maxHeapMb?: number;
  onSetAside(setAside: NonNullable<OpenedDatabase['setAside']>): void;
}

interface Thread {
  readonly worker: Worker;
  readonly calls: PendingCalls;
  hasEnded: boolean;
}

const THREAD_FILE = new URL('./store-thread.ts', import.meta.url);

/** Starts a thread and opens the store in it. A thread that died is replaced at the next call.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER, WORKER_DIED */
export async function createStoreClient(parts: StoreClientParts): Promise<StoreClient> {
  let starting = startThread(parts);
  let isClosed = false;
  await starting;

  const living = async (): Promise<Thread> => {
    for (;;) {
      const seen = starting;
      const thread = await seen.catch(() => undefined);
      if (thread !== undefined && !thread.hasEnded) return thread;
      if (starting === seen) starting = startThread(parts);
      if (thread === undefined || starting !== seen) return starting;
    }
  };
  const ask = async <Method extends StoreMethod>(method: Method, argument: StoreArgument<Method>) => {
    if (isClosed) throw new AlertsError('CLOSED', `the store is closed, asked to ${method}`);
    return (await callThread(await living(), method, argument)) as StoreAnswer<Method>;
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    const thread = await starting.catch(() => undefined);
    if (thread === undefined || thread.hasEnded) return;
    // A thread that does not answer is ended all the same; what it acknowledged is on disk.
    await callThread(thread, 'close', undefined).catch(() => undefined);
    await thread.worker.terminate();
  };
  return { ask, close };
}

function callThread({ worker, calls }: Thread, method: StoreMethod, argument: unknown): Promise<unknown> {
  const { id, answer } = calls.open(method);
  try {
    worker.postMessage({ id, method, argument } satisfies StoreRequest);
  } catch (error) {
    // A value that cannot be cloned is the caller's mistake; the thread lives on.
    calls.reject(
      id,
      new AlertsError('STORE_FAILED', `cannot hand over to ${method}: ${error}`, { cause: error }),
    );
  }
  return answer;
}

function startThread({ options, timeoutMs, maxHeapMb, onSetAside }: StoreClientParts): Promise<Thread> {
  const resourceLimits = maxHeapMb === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMb };
  const worker = new Worker(THREAD_FILE, { workerData: options, name: 'telltale-store', resourceLimits });
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
    worker.on('message', (reply: StoreReply) => {
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
