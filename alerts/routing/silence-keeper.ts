import type { SilenceStore } from './silence-store.ts';
import { createSilenceBook, type Silence, type SilenceBook } from './silences.ts';

/** The silences of configuration and store as they are now, and the counting of what they hold back. */
export interface SilenceKeeper extends SilenceBook {
  /** One for each alert; written with the next look into the store. */
  count(silences: readonly string[]): void;
  close(): Promise<void>;
}

/** What the keeper needs. */
export interface SilenceKeeperParts {
  readonly configured: readonly Silence[];
  readonly store: SilenceStore;
  /** How old what it knows of the store may be; default 1 s. */
  readonly refreshMs?: number;
  /** The store could not be read or written; what was to be counted is kept. Called once an outage. */
  readonly onError: (error: unknown) => void;
}

/** A keeper that has looked once. @throws {AlertsError} when it cannot */
export function createSilenceKeeper({
  configured,
  store,
  refreshMs = 1000,
  onError,
}: SilenceKeeperParts): SilenceKeeper {
  const counts = new Map<string, number>();
  let isFailing = false;
  let stored: readonly Silence[] = store.list(new Date().toISOString());

  const look = (): void => {
    try {
      if (counts.size > 0) store.countHeldBack(counts);
      counts.clear();
      stored = store.list(new Date().toISOString());
      isFailing = false;
    } catch (error) {
      if (!isFailing) onError(error);
      isFailing = true;
    }
  };
  const timer = setInterval(look, refreshMs).unref();
  return {
    ...createSilenceBook(() => [...configured, ...stored]),
    count(silences) {
      for (const id of silences) counts.set(id, (counts.get(id) ?? 0) + 1);
    },
    async close() {
      clearInterval(timer);
      look();
      store.close();
    },
  };
}
