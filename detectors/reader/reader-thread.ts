import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DetectorError, type DetectorErrorCode } from '../detector-error.ts';
import type { EncodePlan } from '../encode-plan.ts';
import { forbidTelemetry } from './forbid-telemetry.ts';
import { createGentleEnd, type GentleEnd } from './gentle-end.ts';
import type { ReaderJob, ReaderOutcome } from './reader-job.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** A thread's heap holds little; what it computes with lies outside. */
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

/** The most that a thread that is to end may take to finish what it computes. */
const MAX_GRACE_MS = 30_000;

/** One worker thread. It computes one batch at a time. */
export interface ReaderThread {
  readonly isRunLengthExact: boolean;
  /** Aborts when the thread has ended, whatever the reason. */
  readonly ended: AbortSignal;
  /** @throws {DetectorError} WORKER_DIED when the thread throws, ends, or takes longer than `hangMs`; then it still finishes
   *  what it computes before it is gone */
  run(jobs: readonly ReaderJob[], plans: ReadonlyMap<number, EncodePlan>): Promise<readonly ReaderOutcome[]>;
  close(): Promise<void>;
}

export interface ReaderThreadParts {
  readonly script: URL;
  /** Plain data for the worker; memory in it is shared. */
  readonly workerData: unknown;
  /** How long one batch may take before the thread counts as hanging. */
  readonly hangMs: number;
  /** The same for the start. */
  readonly startMs: number;
}

/** Starts a thread and waits until it is ready.
 *  @throws {DetectorError} what the worker found wrong, or WORKER_DIED */
export async function startReaderThread(parts: ReaderThreadParts): Promise<ReaderThread> {
  forbidTelemetry();
  const worker = new Worker(parts.script, { workerData: parts.workerData, resourceLimits: LIMITS });
  const ended = new AbortController();
  const gentle = createGentleEnd(worker, Math.min(parts.hangMs, MAX_GRACE_MS));
  const end = (why: DetectorError) => {
    if (!ended.signal.aborted) ended.abort(why);
    void gentle.end();
  };
  worker.on('error', (cause: Error) => end(died(`a reader thread threw: ${cause.message}`, cause)));
  worker.on('exit', (code) => end(died(`a reader thread ended with code ${code}`)));
  const exchange = (send: ToWorker | null, withinMs: number) =>
    answerOf({ worker, gentle, send, ended: ended.signal, withinMs, end });
  const first = await exchange(null, parts.startMs);
  if (first.kind !== 'ready') {
    const error =
      first.kind === 'unfit'
        ? new DetectorError(first.code as DetectorErrorCode, first.message)
        : died('a reader thread began with an answer');
    end(error);
    throw error;
  }
  const sent = new Set<number>();
  return {
    isRunLengthExact: first.isRunLengthExact,
    ended: ended.signal,
    run: async (jobs, plans) => {
      for (const { plan } of jobs) sendPlan(worker, plans.get(plan), sent);
      const answer = await exchange({ kind: 'run', jobs }, parts.hangMs);
      if (answer.kind === 'done' && answer.outcomes.length === jobs.length) return answer.outcomes;
      const misfit = died('a reader thread gave an answer that does not fit its batch');
      end(misfit);
      throw misfit;
    },
    close: async () => {
      end(new DetectorError('CLOSED', 'the detector is closed'));
      await gentle.end();
    },
  };
}

interface Exchange {
  readonly worker: Worker;
  readonly gentle: GentleEnd;
  readonly send: ToWorker | null;
  readonly ended: AbortSignal;
  readonly withinMs: number;
  readonly end: (why: DetectorError) => void;
}

async function answerOf({ worker, gentle, send, ended, withinMs, end }: Exchange): Promise<FromWorker> {
  const hang = setTimeout(() => end(died(`a reader thread gave no answer for ${withinMs} ms`)), withinMs);
  try {
    const answer = once(worker, 'message', { signal: ended });
    if (send) {
      gentle.noteSent();
      worker.postMessage(send);
    }
    return (await answer)[0] as FromWorker;
  } catch (cause) {
    throw ended.reason instanceof DetectorError ? ended.reason : died('a reader thread failed', cause);
  } finally {
    clearTimeout(hang);
  }
}

function sendPlan(worker: Worker, plan: EncodePlan | undefined, sent: Set<number>): void {
  if (plan === undefined || sent.has(plan.id)) return;
  worker.postMessage({ kind: 'plan', plan } satisfies ToWorker);
  sent.add(plan.id);
}

function died(message: string, cause?: unknown): DetectorError {
  return new DetectorError('WORKER_DIED', message, { cause });
}
