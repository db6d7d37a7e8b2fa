import { setImmediate } from 'node:timers/promises';
import type { CommitOutcome } from './types.ts';

/** Gathers exchanges that wait for the disk into one transaction. */
export interface GroupCommit<Record> {
  submit(record: Record): Promise<CommitOutcome>;
  queued(): number;
  /** Takes nothing more; resolves when everything taken has its outcome. */
  close(): Promise<void>;
}

/** What the group commit needs. */
export interface GroupCommitParts<Record> {
  /** One outcome per record, in order; never throws. */
  write(records: readonly Record[]): Promise<readonly CommitOutcome[]>;
  readonly maxBatch: number;
  /** Full batches that may be on their way at once. */
  readonly maxUnderWay: number;
  readonly maxQueued: number;
  /** How long one exchange may wait for its outcome. */
  readonly timeoutMs: number;
}

interface Waiting<Record> {
  readonly record: Record;
  readonly timer: NodeJS.Timeout;
  isSettled: boolean;
  readonly settle: (outcome: CommitOutcome) => void;
}

/** Whoever comes while a transaction runs waits for the next one; while none runs nobody waits. So a single
 *  exchange costs one sync, and a crowd shares one. A batch that is full waits for nobody: the next is on its way while
 *  the one before is written. */
export function createGroupCommit<Record>(parts: GroupCommitParts<Record>): GroupCommit<Record> {
  const { maxBatch, maxUnderWay } = parts;
  const queue: Waiting<Record>[] = [];
  let underWay = 0;
  let isClosed = false;
  const closers: (() => void)[] = [];

  const writeNext = async (): Promise<void> => {
    const batch = queue.splice(0, maxBatch).filter((waiting) => !waiting.isSettled);
    if (batch.length === 0) return;
    const outcomes = await parts.write(batch.map(({ record }) => record));
    for (const [index, waiting] of batch.entries()) waiting.settle(outcomes[index] ?? unanswered);
  };
  const run = async (): Promise<void> => {
    // What fills no batch waits for the one that is under way, and shares its sync with whoever comes until then.
    for (;;) {
      // The exchanges of this turn of the event loop go together. A microtask would come too early: each socket that the
      // turn finds readable has microtasks of its own.
      await setImmediate();
      if (queue.length < (underWay > 1 ? maxBatch : 1)) break;
      await writeNext();
    }
    underWay -= 1;
    if (underWay === 0) for (const goOn of closers.splice(0)) goOn();
  };
  const start = (): void => {
    if (underWay >= (queue.length >= maxBatch ? maxUnderWay : 1)) return;
    underWay += 1;
    void run();
  };
  const submit = (record: Record): Promise<CommitOutcome> => {
    if (isClosed) return Promise.resolve(refusal('closed', 'the ledger is closed'));
    if (queue.length >= parts.maxQueued) {
      return Promise.resolve(refusal('queue_full', `${queue.length} exchanges wait for the disk already`));
    }
    return new Promise((resolve) => {
      queue.push(createWaiting(record, parts.timeoutMs, resolve));
      start();
    });
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    if (underWay > 0) await new Promise<void>((resolve) => closers.push(resolve));
  };
  return { submit, queued: () => queue.length, close };
}

const unanswered = refusal('error', 'the store gave no outcome');

function refusal(reason: 'closed' | 'queue_full' | 'timeout' | 'error', message: string): CommitOutcome {
  return { outcome: 'unrecorded', reason, message };
}

function createWaiting<Record>(
  record: Record,
  timeoutMs: number,
  resolve: (outcome: CommitOutcome) => void,
): Waiting<Record> {
  const late = () => waiting.settle(refusal('timeout', `not on disk after ${timeoutMs} ms`));
  const waiting: Waiting<Record> = {
    record,
    timer: setTimeout(late, timeoutMs),
    isSettled: false,
    settle: (outcome) => {
      clearTimeout(waiting.timer);
      waiting.isSettled = true;
      resolve(outcome);
    },
  };
  return waiting;
}
