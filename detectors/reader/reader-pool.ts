import { setTimeout as sleep } from 'node:timers/promises';
import { DetectorError } from '../detector-error.ts';
import type { EncodePlan } from '../encode-plan.ts';
import { createJobQueue, type JobQueue } from './job-queue.ts';
import type { ReaderJob, ReaderOutcome, ReaderResult } from './reader-job.ts';
import { type ReaderThread, type ReaderThreadParts, startReaderThread } from './reader-thread.ts';

const RESTART_PAUSE_MS = 500;

/** The work of one push: its jobs share a priority, a deadline and a fate. */
export interface ReaderRequest {
  /** @throws {DetectorError} QUEUE_FULL, TIMEOUT, ABORTED, WORKER_DIED, NON_FINITE, CLOSED */
  run(job: ReaderJob): Promise<ReaderResult>;
  /** No more jobs come; those still open are given up. */
  close(): void;
}

export interface ReaderRequestOptions {
  readonly priority: 'enforce' | 'observe';
  readonly timeoutMs: number;
  readonly abortSignal: AbortSignal | undefined;
}

export interface ReaderPoolCounts {
  queued: number;
  batches: number;
  workersReplaced: number;
  rejectedQueueFull: number;
  timedOut: number;
  nonFinite: number;
}

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

interface Entry {
  readonly job: ReaderJob;
  readonly priority: 'enforce' | 'observe';
  readonly settle: (outcome: ReaderResult | DetectorError) => void;
}

interface Pool {
  readonly parts: ReaderPoolParts;
  readonly queue: JobQueue<Entry>;
  readonly plans: Map<number, EncodePlan>;
  readonly counts: ReaderPoolCounts;
  readonly closing: AbortController;
  /** How to fail every open request. */
  readonly openRequests: Set<(error: DetectorError) => void>;
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
  const queue = createJobQueue<Entry>({ maxEntries: parts.maxQueuedJobs, maxKeys: parts.maxKeys, mayBatch });
  const closing = new AbortController();
  const openRequests: Pool['openRequests'] = new Set();
  const pool: Pool = {
    parts,
    queue,
    plans: new Map(),
    counts,
    closing,
    openRequests,
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
    counts: () => ({ ...counts, queued: queue.length }),
    close: async () => {
      closing.abort();
      for (const fail of openRequests) fail(new DetectorError('CLOSED', 'the detector is closed'));
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
    await close();
    if (pool.closing.signal.aborted) return;
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

async function runBatch(pool: Pool, thread: ReaderThread, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  pool.counts.batches++;
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

function openRequest(pool: Pool, { priority, timeoutMs, abortSignal }: ReaderRequestOptions): ReaderRequest {
  const open = new Set<Entry>();
  let failure: DetectorError | undefined;
  const fail = (error: DetectorError) => {
    if (failure) return;
    failure = error;
    count(pool.counts, error);
    clearTimeout(timer);
    abortSignal?.removeEventListener('abort', onAbort);
    pool.openRequests.delete(fail);
    for (const entry of open) {
      pool.queue.remove(entry);
      entry.settle(error);
    }
  };
  const onAbort = () =>
    fail(new DetectorError('ABORTED', 'scoring was aborted', { cause: abortSignal?.reason }));
  const onTimeout = () => {
    const message = `the reader gave no answer within ${timeoutMs} ms (${pool.queue.length} jobs are queued)`;
    fail(new DetectorError('TIMEOUT', message, { fields: { timeoutMs, queued: pool.queue.length } }));
  };
  const timer = setTimeout(onTimeout, timeoutMs);
  abortSignal?.addEventListener('abort', onAbort);
  pool.openRequests.add(fail);
  if (abortSignal?.aborted) onAbort();
  if (pool.closing.signal.aborted) fail(new DetectorError('CLOSED', 'the detector is closed'));
  return {
    run: (job) => {
      if (failure) return Promise.reject(failure);
      return enqueue(pool, { job, priority, open, fail });
    },
    close: () => fail(new DetectorError('ABORTED', 'the push has ended')),
  };
}

interface Enqueued {
  readonly job: ReaderJob;
  readonly priority: Entry['priority'];
  readonly open: Set<Entry>;
  readonly fail: (error: DetectorError) => void;
}

function enqueue(pool: Pool, { job, priority, open, fail }: Enqueued): Promise<ReaderResult> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: ReaderResult | DetectorError) => {
      if (!open.delete(entry)) return;
      if (!(outcome instanceof DetectorError)) return resolve(outcome);
      reject(outcome);
      fail(outcome);
    };
    const entry: Entry = { job, priority, settle };
    open.add(entry);
    if (pool.queue.add(entry)) return;
    const { maxQueuedJobs } = pool.parts;
    const message = `the reader's queue is full: ${maxQueuedJobs} jobs wait`;
    settle(new DetectorError('QUEUE_FULL', message, { fields: { maxQueuedJobs } }));
  });
}

function count(counts: ReaderPoolCounts, { code }: DetectorError): void {
  if (code === 'QUEUE_FULL') counts.rejectedQueueFull++;
  if (code === 'TIMEOUT') counts.timedOut++;
  if (code === 'NON_FINITE') counts.nonFinite++;
}
