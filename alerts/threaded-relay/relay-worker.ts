import { Worker } from 'node:worker_threads';
import { AlertsError } from '../alerts-error.ts';
import { createThreadLink, type ThreadLink, type ThreadLinkParts } from '../thread-link.ts';
import type { RelayThreadData } from './thread-data.ts';

/** One thread that relays, from its start to its end. */
export interface RelayWorker {
  readonly link: ThreadLink;
  /** Resolves when it has ended, by itself or not, with how. What it said was heard before. */
  readonly ended: Promise<AlertsError>;
  /** @param why - left out: its exit code says it */
  end(why?: unknown): Promise<unknown>;
}

const SCRIPT = new URL('./relay-thread.ts', import.meta.url);

/** It relays once it knows the silences. @param script - default: the one that comes with it */
export function startRelayWorker(
  data: RelayThreadData,
  answers: ThreadLinkParts['answers'],
  script = SCRIPT,
): RelayWorker {
  const worker = new Worker(script, { workerData: data, name: 'telltale-relay' });
  const link = createThreadLink({ port: worker, answers, timeoutMs: data.askTimeoutMs });
  let cause: unknown;
  const blame = (error: unknown): void => {
    cause ??= error;
  };
  worker.on('error', blame);
  const ended = new Promise<AlertsError>((resolve) => {
    // Not at its error: only before the exit all that it said is handed over.
    worker.on('exit', (code) => {
      const message = `the relay's thread ended: ${cause ?? `exit code ${code}`}`;
      const died = new AlertsError('WORKER_DIED', message, { cause });
      link.lose(died);
      resolve(died);
    });
  });
  const end = (why?: unknown) => {
    blame(why);
    return worker.terminate();
  };
  return { link, ended, end };
}
