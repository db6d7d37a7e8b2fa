import { setTimeout as sleep } from 'node:timers/promises';
import { createCrowd } from '../crowd.ts';
import { DetectorError } from '../detector-error.ts';
import type { EncodePlan } from '../encode-plan.ts';
import { createJobQueue } from './job-queue.ts';
import type { ReaderOutcome, ReaderResult } from './reader-job.ts';
import {
  openRequest,
  type QueuedJob,
  type ReaderPoolCounts,
  type ReaderRequest,
  type ReaderRequestOptions,
  type RequestDesk,
} from './reader-request.ts';
import { type ReaderThread, type ReaderThreadParts, startReaderThread } from './reader-thread.ts';

const RESTART_PAUSE_MS = 500;

/** Worker threads behind one bounded queue. */
export interface ReaderPool {
  readonly workers: number;
  /** Whether runs may have any length and share a batch. */
  readonly isRunLengthExact: boolean;
  readonly plans: Map<number, EncodePlan>;
  open(options: ReaderRequestOptions): ReaderRequest;
  counts(): Readonly<ReaderPoolCounts>;
  close(): Promise<void>;
}

export interface ReaderPoolParts extends ReaderThreadParts {
  readonly workers: number;
  readonly maxQueuedJobs: number;
  readonly maxKeys: number;
}

interface Pool extends RequestDesk {
  readonly parts: ReaderPoolParts;
  readonly plans: Map<number, EncodePlan>;
  readonly closing: AbortController;
  isRunLengthExact: boolean;
}

/** Starts all threads and waits until they are ready.
 *  @throws {DetectorError} when a thread cannot start */
export async function createReaderPool(parts: ReaderPoolParts): Promise<ReaderPool> {
  const counts = {
    queued: 0,
    batches: 0,
    workersReplaced: 0,
    rejectedQueueFull: 0,
    timedOut: 0,
    nonFinite: 0,
  };
  const mayBatch = () => pool.isRunLengthExact;
  const queue = createJobQueue<QueuedJob>({
    maxEntries: parts.maxQueuedJobs,
    maxKeys: parts.maxKeys,
    mayBatch,
  });
  const closing = new AbortController();
  const openRequests: RequestDesk['openRequests'] = createCrowd();
  const pool: Pool = {
    parts,
    queue,
    plans: new Map(),
    counts,
    closing,
    openRequests,
    isClosed: () => closing.signal.aborted,
    isRunLengthExact: true,
  };
  const started = await Promise.allSettled(
    Array.from({ length: parts.workers }, () => startReaderThread(parts)),
  );
  const threads = started.flatMap((s) => (s.status === 'fulfilled' ? [s.value] : []));
  const failed = started.find((s) => s.status === 'rejected');
  if (failed) {
    await Promise.all(threads.map((thread) => thread.close()));
    throw failed.reason;
  }
  pool.isRunLengthExact = threads.every((thread) => thread.isRunLengthExact);
  const slots = threads.map((thread) => serve(pool, thread));
  return {
    workers: parts.workers,
    isRunLengthExact: pool.isRunLengthExact,
    plans: pool.plans,
    open: (options) => openRequest(pool, options),
    counts: () => ({ ...counts, queued: queue.length() }),
    close: async () => {
      closing.abort();
      for (const fail of openRequests.members()) fail(new DetectorError('CLOSED', 'the detector is closed'));
      await Promise.all(slots);
    },
  };
}

/** One thread's life after the other, until the pool closes. */
async function serve(pool: Pool, first: ReaderThread): Promise<void> {
  for (let thread: ReaderThread | undefined = first; thread; thread = await replace(pool)) {
    const stop = AbortSignal.any([thread.ended, pool.closing.signal]);
    const close = thread.close;
    pool.closing.signal.addEventListener('abort', close, { once: true });
    while (!stop.aborted) await runBatch(pool, thread, await pool.queue.take(stop));
    pool.closing.signal.removeEventListener('abort', close);
    const closed = close();
    if (pool.closing.signal.aborted) return closed;
    pool.counts.workersReplaced++;
  }
}

async function replace(pool: Pool): Promise<ReaderThread | undefined> {
  while (!pool.closing.signal.aborted) {
    const thread = await startReaderThread(pool.parts).catch(() => undefined);
    if (thread) return thread;
    await sleep(RESTART_PAUSE_MS, undefined, { signal: pool.closing.signal }).catch(() => undefined);
  }
  return undefined;
}

async function runBatch(pool: Pool, thread: ReaderThread, entries: readonly QueuedJob[]): Promise<void> {
  if (entries.length === 0) return;
  pool.counts.batches++;
  for (const entry of entries) entry.noteTaken();
  try {
    const jobs = entries.map((entry) => entry.job);
    const outcomes = await thread.run(jobs, pool.plans);
    for (const [i, entry] of entries.entries()) entry.settle(resultOf(outcomes[i]));
  } catch (error) {
    const why =
      error instanceof DetectorError
        ? error
        : new DetectorError('WORKER_DIED', String(error), { cause: error });
    for (const entry of entries) entry.settle(why);
  }
}

function resultOf(outcome: ReaderOutcome | undefined): ReaderResult | DetectorError {
  if (outcome && 'result' in outcome) return outcome.result;
  return new DetectorError('NON_FINITE', outcome?.message ?? 'the reader gave nothing');
}
