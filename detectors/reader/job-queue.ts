import type { ReaderJob } from './reader-job.ts';

/** Rows of one run beyond which more sequences no longer make a row cheaper. */
const MAX_BATCH_ROWS = 128;
/** Keys of one run, over all its jobs: what was read before is copied together for each run. */
const MAX_BATCH_KEYS = 1024;
/** Jobs whose lengths fall into the same bucket waste few rows on filling up. */
const BUCKET_POSITIONS = 8;

/** Something queued; enforcing entries are taken before observing ones. */
export interface QueueEntry {
  readonly job: ReaderJob;
  readonly priority: 'enforce' | 'observe';
}

/** A bounded queue that hands out batches of like shape. */
export interface JobQueue<Entry extends QueueEntry> {
  length(): number;
  /** false when the queue is full. */
  add(entry: Entry): boolean;
  /** Takes an entry out; false when it is no longer queued. */
  remove(entry: Entry): boolean;
  /** Waits for work; several entries where they can be computed together; none when the signal aborts. */
  take(abortSignal: AbortSignal): Promise<readonly Entry[]>;
}

export interface JobQueueParts {
  readonly maxEntries: number;
  /** Positions of a window: no run may see more keys. */
  readonly maxKeys: number;
  /** Whether jobs may share a run. */
  mayBatch(): boolean;
}

/** An empty queue. */
export function createJobQueue<Entry extends QueueEntry>(parts: JobQueueParts): JobQueue<Entry> {
  const queues: Record<QueueEntry['priority'], Entry[]> = { enforce: [], observe: [] };
  const waiters: (() => void)[] = [];
  const length = () => queues.enforce.length + queues.observe.length;
  return {
    length,
    add: (entry) => {
      if (length() >= parts.maxEntries) return false;
      queues[entry.priority].push(entry);
      const [wake] = waiters;
      wake?.();
      return true;
    },
    remove: (entry) => {
      const queue = queues[entry.priority];
      const at = queue.indexOf(entry);
      if (at >= 0) queue.splice(at, 1);
      return at >= 0;
    },
    take: async (abortSignal) => {
      while (length() === 0 && !abortSignal.aborted) await sleepUntilWoken(waiters, abortSignal);
      return abortSignal.aborted ? [] : takeBatch([queues.enforce, queues.observe], parts);
    },
  };
}

function sleepUntilWoken(waiters: (() => void)[], abortSignal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      const at = waiters.indexOf(wake);
      if (at >= 0) waiters.splice(at, 1);
      abortSignal.removeEventListener('abort', wake);
      resolve();
    };
    waiters.push(wake);
    abortSignal.addEventListener('abort', wake);
  });
}

function takeBatch<Entry extends QueueEntry>(queues: readonly Entry[][], parts: JobQueueParts): Entry[] {
  const batch: Entry[] = [];
  let longest = 0;
  let past = 0;
  const fits = ({ job }: Entry): boolean => {
    const [first] = batch;
    if (first === undefined) return true;
    const n = Math.max(longest, job.ids.length);
    return (
      parts.mayBatch() &&
      bucket(job) === bucket(first.job) &&
      n * (batch.length + 1) <= MAX_BATCH_ROWS &&
      Math.max(past, job.past) + n <= Math.min(parts.maxKeys, MAX_BATCH_KEYS / (batch.length + 1))
    );
  };
  for (const queue of queues) {
    for (let i = 0; i < queue.length; ) {
      const entry = queue[i];
      if (entry === undefined || !fits(entry)) {
        i++;
        continue;
      }
      queue.splice(i, 1);
      batch.push(entry);
      longest = Math.max(longest, entry.job.ids.length);
      past = Math.max(past, entry.job.past);
    }
  }
  return batch;
}

function bucket(job: ReaderJob): number {
  return Math.ceil(job.ids.length / BUCKET_POSITIONS);
}
