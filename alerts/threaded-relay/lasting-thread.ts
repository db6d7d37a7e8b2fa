import { AlertsError } from '../alerts-error.ts';
import { type BackoffOptions, backoffMs } from '../backoff.ts';
import type { RelayWorker } from './relay-worker.ts';

/** One thread after another, so that there is one until it is stopped. */
export interface LastingThread {
  start(): void;
  /** The one at work now; undefined between two. */
  current(): RelayWorker | undefined;
  /** One that does not answer in time hangs: it is ended, and another is started. Never throws.
   *  @returns undefined where there was no answer */
  ask(method: string): Promise<unknown>;
  /** The present one has come further than those before: what ends it is a new trouble. */
  prosper(): void;
  /** Asks the present one to stop, and ends it. Never throws.
   *  @param answerMs - how long the answer may take
   *  @returns its answer; undefined where there was none */
  stop(deadlineMs: number, answerMs: number): Promise<unknown>;
}

/** What makes a thread last. */
export interface LastingThreadParts {
  startWorker(): RelayWorker;
  /** One has ended by itself, or hung, or could not be started. */
  onLost(error: AlertsError): void;
  /** The wait before the next is started, by how many were lost in a row. */
  readonly backoff: BackoffOptions;
}

/** None was started yet. */
export function createLastingThread({ startWorker, onLost, backoff }: LastingThreadParts): LastingThread {
  let worker: RelayWorker | undefined;
  let losses = 0;
  let startingAgain: NodeJS.Timeout | undefined;
  let isStopped = false;

  const lose = (error: AlertsError): void => {
    if (isStopped) return;
    worker = undefined;
    losses += 1;
    onLost(error);
    startingAgain = setTimeout(start, backoffMs(losses, backoff));
  };
  const start = (): void => {
    if (worker !== undefined || isStopped) return;
    try {
      worker = startWorker();
      void worker.ended.then(lose);
    } catch (cause) {
      lose(new AlertsError('WORKER_DIED', `the relay's thread cannot be started: ${cause}`, { cause }));
    }
  };
  const ask = async (method: string): Promise<unknown> => {
    const asked = worker;
    try {
      return await asked?.link.ask(method, undefined);
    } catch (error) {
      // One that has ended already is only waited for.
      await asked?.end(error);
      return undefined;
    }
  };
  const prosper = (): void => {
    losses = 0;
  };
  const stop = async (deadlineMs: number, answerMs: number): Promise<unknown> => {
    isStopped = true;
    clearTimeout(startingAgain);
    const answer = await worker?.link.ask('stop', deadlineMs, answerMs).catch(() => undefined);
    await worker?.end();
    worker = undefined;
    return answer;
  };
  return { start, current: () => worker, ask, prosper, stop };
}
