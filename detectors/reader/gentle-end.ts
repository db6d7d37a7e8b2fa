import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';

/** Ends a thread where it is safe. One that is terminated while it computes takes the whole process with it: onnxruntime then
 *  throws where nobody can catch it. */
export interface GentleEnd {
  /** The thread was given something to compute; it counts as computing until its next message, as it does at first. */
  noteSent(): void;
  /** Terminates the thread once it computes nothing, or after the grace: what takes so long hangs in JavaScript, where it may be
   *  ended at any time. Resolves when the thread is gone. */
  end(): Promise<void>;
}

/** @param graceMs - how long it may take to finish what it computes */
export function createGentleEnd(worker: Worker, graceMs: number): GentleEnd {
  const gone = new AbortController();
  let isBusy = true;
  let ending: Promise<void> | null = null;
  worker.on('message', () => {
    isBusy = false;
  });
  worker.once('exit', () => gone.abort());

  async function end(): Promise<void> {
    if (isBusy && !gone.signal.aborted) {
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(graceMs)]);
      // Gone or late: either way it is ended now.
      await once(worker, 'message', { signal }).catch(() => null);
    }
    await worker.terminate();
  }

  return {
    noteSent() {
      isBusy = true;
    },
    end() {
      ending ??= end();
      return ending;
    },
  };
}
