import type { Crowd } from '../crowd.ts';
import { DetectorError } from '../detector-error.ts';
import type { JobQueue, QueueEntry } from './job-queue.ts';
import type { ReaderJob, ReaderResult } from './reader-job.ts';

/** The work of one push: its jobs share a priority, a deadline and a fate. */
export interface ReaderRequest {
  /** @throws {DetectorError} QUEUE_FULL, TIMEOUT, ABORTED, WORKER_DIED, NON_FINITE, CLOSED */
  run(job: ReaderJob): Promise<ReaderResult>;
  /** The longest that a job of it waited until a batch took it. */
  longestWaitMs(): number;
  /** No more jobs come; those still open are given up. */
  close(): void;
}

export interface ReaderRequestOptions {
  readonly priority: 'enforce' | 'observe';
  readonly timeoutMs: number;
  readonly abortSignal: AbortSignal | undefined;
}

/** What became of the work so far. */
export interface ReaderPoolCounts {
  queued: number;
  batches: number;
  workersReplaced: number;
  rejectedQueueFull: number;
  timedOut: number;
  nonFinite: number;
}

/** A job in the queue or in flight. Settling it twice is settling it once. */
export interface QueuedJob extends QueueEntry {
  readonly settle: (outcome: ReaderResult | DetectorError) => void;
  /** A batch has taken it. */
  readonly noteTaken: () => void;
}

/** What requests share. */
export interface RequestDesk {
  readonly queue: JobQueue<QueuedJob>;
  readonly counts: ReaderPoolCounts;
  /** How to fail every open request. */
  readonly openRequests: Crowd<(error: DetectorError) => void>;
  isClosed(): boolean;
}

/** Opens the request of one push. */
export function openRequest(
  desk: RequestDesk,
  { priority, timeoutMs, abortSignal }: ReaderRequestOptions,
): ReaderRequest {
  const open = new Set<QueuedJob>();
  let failure: DetectorError | undefined;
  let longestWaitMs = 0;
  const onTaken = (waitedMs: number) => {
    longestWaitMs = Math.max(longestWaitMs, waitedMs);
  };
  const fail = (error: DetectorError) => {
    if (failure) return;
    failure = error;
    count(desk.counts, error);
    clearTimeout(timer);
    abortSignal?.removeEventListener('abort', onAbort);
    leave();
    for (const entry of open) {
      desk.queue.remove(entry);
      entry.settle(error);
    }
  };
  const onAbort = () =>
    fail(new DetectorError('ABORTED', 'scoring was aborted', { cause: abortSignal?.reason }));
  const onTimeout = () => {
    const message = `the reader gave no answer within ${timeoutMs} ms (${desk.queue.length()} jobs are queued)`;
    fail(new DetectorError('TIMEOUT', message, { fields: { timeoutMs, queued: desk.queue.length() } }));
  };
  const timer = setTimeout(onTimeout, timeoutMs);
  abortSignal?.addEventListener('abort', onAbort);
  const leave = desk.openRequests.join(fail);
  if (abortSignal?.aborted) onAbort();
  if (desk.isClosed()) fail(new DetectorError('CLOSED', 'the detector is closed'));
  return {
    run: (job) => {
      if (failure) return Promise.reject(failure);
      return enqueue(desk, { job, priority, open, fail, onTaken });
    },
    longestWaitMs: () => longestWaitMs,
    close: () => fail(new DetectorError('ABORTED', 'the push has ended')),
  };
}

interface Enqueued {
  readonly job: ReaderJob;
  readonly priority: QueuedJob['priority'];
  readonly open: Set<QueuedJob>;
  readonly fail: (error: DetectorError) => void;
  readonly onTaken: (waitedMs: number) => void;
}

function enqueue(desk: RequestDesk, { job, priority, open, fail, onTaken }: Enqueued): Promise<ReaderResult> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: ReaderResult | DetectorError) => {
      if (!open.delete(entry)) return;
      if (!(outcome instanceof DetectorError)) return resolve(outcome);
      reject(outcome);
      fail(outcome);
    };
    const queuedMs = performance.now();
    const noteTaken = () => onTaken(performance.now() - queuedMs);
    const entry: QueuedJob = { job, priority, settle, noteTaken };
    open.add(entry);
    if (desk.queue.add(entry)) return;
    const waiting = desk.queue.length();
    const message = `the reader's queue is full: ${waiting} jobs wait`;
    settle(new DetectorError('QUEUE_FULL', message, { fields: { waiting } }));
  });
}

function count(counts: ReaderPoolCounts, { code }: DetectorError): void {
  if (code === 'QUEUE_FULL') counts.rejectedQueueFull++;
  if (code === 'TIMEOUT') counts.timedOut++;
  if (code === 'NON_FINITE') counts.nonFinite++;
}
