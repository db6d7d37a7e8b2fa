import type { CommitOutcome, StoreTask, UnrecordedReason } from './types.ts';
import type { RecordLevel } from './water-marks.ts';

/** Counts what became of exchanges, and what the store does by itself. */
export function createTally() {
  const unrecorded: Partial<Record<UnrecordedReason, number>> = {};
  const sampled: Partial<Record<RecordLevel, number>> = {};
  const failures: Record<StoreTask, number> = {
    retention: 0,
    pressure: 0,
    bury: 0,
    leases: 0,
    news: 0,
    relay: 0,
  };
  let committed = 0;
  let transactions = 0;
  let buried = 0;
  const note = (outcome: CommitOutcome): void => {
    if (outcome.outcome === 'committed') committed += 1;
    else if (outcome.outcome === 'unrecorded') add(unrecorded, outcome.reason);
    else add(sampled, outcome.level ?? 'none');
  };
  const bury = (): void => {
    buried += 1;
  };
  const fail = (task: StoreTask): void => {
    failures[task] += 1;
  };
  /** @returns whether it lies among the dead letters now */
  const burying = async (work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      bury();
      return true;
    } catch {
      fail('bury');
      return false;
    }
  };
  const transaction = (): void => {
    transactions += 1;
  };
  const counts = () => ({
    committed,
    buried,
    transactions,
    unrecorded: { ...unrecorded },
    sampled: { ...sampled },
    failures: { ...failures },
  });
  return { note, bury, burying, fail, transaction, counts };
}

function add<Key extends string>(counts: Partial<Record<Key, number>>, key: Key): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
