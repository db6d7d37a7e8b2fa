import { Worker } from 'node:worker_threads';
import { AlertsError } from '../alerts-error.ts';
import { createThreadLink, type ThreadLink, type ThreadLinkParts } from '../thread-link.ts';
import type { RelayThreadData } from './thread-data.ts';

/** One thread that relays, from its start to its end. */
export interface RelayWorker {
  readonly link: ThreadLink;
  /** Resolves when it has ended, by itself or not, with how. */
  readonly ended: Promise<AlertsError>;
  end(): Promise<unknown>;
}

const SCRIPT = new URL('./relay-thread.ts', import.meta.url);

/** It relays at once. */
export function startRelayWorker(data: RelayThreadData, answers: ThreadLinkParts['answers']): RelayWorker {
  const worker = new Worker(SCRIPT, { workerData: data, name: 'telltale-relay' });
  const link = createThreadLink({ port: worker, answers, timeoutMs: data.askTimeoutMs });
  const ended = new Promise<AlertsError>((resolve) => {
    const lose = (cause: unknown): void => {
      const died = new AlertsError('WORKER_DIED', `the relay's thread ended: ${cause}`, { cause });
      link.lose(died);
      resolve(died);
    };
    worker.on('error', lose);
    worker.on('exit', (code) => lose(`exit code ${code}`));
  });
  return { link, ended, end: () => worker.terminate() };
}
