import type { CommitOutcome, UnrecordedReason } from '../alerts/index.ts';

/** What `/readyz` says. */
export interface Readiness {
  readonly isReady: boolean;
  /** Why not, or what is wrong though it is: `stopping`, `store: disk_full`. */
  readonly notes: readonly string[];
}

/** Whether the gateway can do its work. */
export interface Health {
  noteCommit(outcome: CommitOutcome): void;
  /** From now on not ready: no new exchanges are wanted. */
  noteStopping(): void;
  isStopping(): boolean;
  readiness(): Readiness;
}

/** @param isStoreNeeded - whether exchanges that cannot be recorded are blocked
 *  @param storeNotes - what is wrong with the store though it records */
export function createHealth(isStoreNeeded: boolean, storeNotes: () => readonly string[] = () => []): Health {
  let isStopping = false;
  let trouble: UnrecordedReason | null = null;
  return {
    noteCommit: (outcome) => {
      if (outcome.outcome === 'committed') trouble = null;
      if (outcome.outcome === 'unrecorded') trouble = outcome.reason;
    },
    noteStopping: () => {
      isStopping = true;
    },
    isStopping: () => isStopping,
    readiness: () => ({
      isReady: !isStopping && (trouble === null || !isStoreNeeded),
      notes: [
        ...(isStopping ? ['stopping'] : []),
        ...(trouble === null ? [] : [`store: ${trouble}`]),
        ...storeNotes(),
      ],
    }),
  };
}
