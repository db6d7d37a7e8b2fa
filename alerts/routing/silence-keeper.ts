import type { SilenceDesk } from '../types.ts';
import { createSilenceBook, type Silence, type SilenceBook } from './silences.ts';

/** The silences of configuration and store as they are now, and the counting of what they hold back. */
export interface SilenceKeeper extends SilenceBook {
  /** One for each alert; written with the next look into the store. */
  count(silences: readonly string[]): void;
  /** All that is known: those of the future too, and those that have ended since. */
  current(): readonly Silence[];
  /** Called with all that is known when it is no longer what it was; gives the function that ends it. */
  onChanged(listener: (silences: readonly Silence[]) => void): () => void;
  close(): Promise<void>;
}

/** What the keeper needs. */
export interface SilenceKeeperParts {
  readonly configured: readonly Silence[];
  readonly store: Pick<SilenceDesk, 'listSilences' | 'countHeldBack'>;
  /** How old what it knows of the store may be while the store answers; default 1 s. */
  readonly refreshMs?: number;
  /** The store could not be read or written; what was to be counted is kept. Called once an outage. */
  readonly onError: (error: unknown) => void;
}

/** A keeper that has looked once. While the store does not answer, what it said last holds.
 *  @throws {AlertsError} when it cannot be read now */
export async function createSilenceKeeper({
  configured,
  store,
  refreshMs = 1000,
  onError,
}: SilenceKeeperParts): Promise<SilenceKeeper> {
  const read = () => store.listSilences({ endsAfter: new Date().toISOString() });
  let counts = new Map<string, number>();
  let isFailing = false;
  let stored: readonly Silence[] = await read();
  let looking: Promise<void> | undefined;
  const listeners = new Set<(silences: readonly Silence[]) => void>();
  const current = () => [...configured, ...stored];

  const count = (silences: readonly string[], alerts = 1): void => {
    for (const id of silences) counts.set(id, (counts.get(id) ?? 0) + alerts);
  };
  const write = async (): Promise<void> => {
    const taken = counts;
    if (taken.size === 0) return;
    counts = new Map();
    try {
      await store.countHeldBack([...taken].map(([id, alerts]) => ({ id, alerts })));
    } catch (error) {
      for (const [id, alerts] of taken) count([id], alerts);
      throw error;
    }
  };
  const replace = (now: readonly Silence[]): void => {
    const isSame = JSON.stringify(now) === JSON.stringify(stored);
    stored = now;
    if (!isSame) for (const tell of listeners) tell(current());
  };
  const look = async (): Promise<void> => {
    try {
      await write();
      replace(await read());
      isFailing = false;
    } catch (error) {
      if (!isFailing) onError(error);
      isFailing = true;
    }
  };
  // A store that is slow is asked again when it has answered.
  const lookOnce = (): void => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  };
  const timer = setInterval(lookOnce, refreshMs).unref();
  return {
    ...createSilenceBook(current),
    count,
    current,
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      clearInterval(timer);
      await looking;
      await look();
    },
  };
}
