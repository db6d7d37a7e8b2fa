import type { CommitOutcome, Committed } from './types.ts';

/** Whoever wants to hear of commits. One that throws is counted and disturbs nobody. */
export interface Listeners {
  notify(committed: Committed): void;
  onCommitted(listener: (committed: Committed) => void): () => void;
  listenerErrors(): number;
}

/** Nobody listens yet. */
export function createListeners(): Listeners {
  const listeners = new Set<(committed: Committed) => void>();
  let errors = 0;
  const notify = (committed: Committed): void => {
    for (const listener of listeners) {
      try {
        listener(committed);
      } catch {
        errors += 1;
      }
    }
  };
  const onCommitted = (listener: (committed: Committed) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return { notify, onCommitted, listenerErrors: () => errors };
}

/** What listeners are told of an exchange that is on disk. */
export function committedOf(
  exchangeId: string,
  outcome: CommitOutcome & { outcome: 'committed' },
): Committed {
  const { cursor, alertIds } = outcome;
  return { exchangeId, cursor, isFlagged: alertIds.length > 0, alerts: alertIds.length };
}
