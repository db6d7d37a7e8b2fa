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

/** Where a gateway that is not ready gets no requests, none would show that its store is well again: so long after the last
 *  refusal it is ready, to be tried. */
const TRY_AGAIN_MS = 10_000;

/** @param isStoreNeeded - whether exchanges that cannot be recorded are blocked
 *  @param storeNotes - what is wrong with the store though it records
 *  @param now - milliseconds that only grow */
export function createHealth(
  isStoreNeeded: boolean,
  storeNotes: () => readonly string[] = () => [],
  now = () => performance.now(),
): Health {
  let isStopping = false;
  let trouble: UnrecordedReason | null = null;
  let troubledAt = 0;
  const isRefusing = () => trouble !== null && now() - troubledAt < TRY_AGAIN_MS;
  return {
    noteCommit: (outcome) => {
      if (outcome.outcome === 'committed') trouble = null;
      // One that is too large is the exchange's own trouble.
      if (outcome.outcome !== 'unrecorded' || outcome.reason === 'too_large') return;
      trouble = outcome.reason;
      troubledAt = now();
    },
    noteStopping: () => {
      isStopping = true;
    },
    isStopping: () => isStopping,
    readiness: () => ({
      isReady: !isStopping && !(isStoreNeeded && isRefusing()),
      notes: [
        ...(isStopping ? ['stopping'] : []),
        ...(trouble === null ? [] : [`store: ${trouble}`]),
        ...storeNotes(),
      ],
    }),
  };
}
