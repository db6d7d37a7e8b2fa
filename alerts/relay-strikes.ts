import type { SortedDelivery } from './relay-outcome.ts';
import type { Settlement } from './types.ts';

/** Strikes off the outbox what was delivered while the next delivery is under way: at most one settlement is behind.
 *  One that fails is kept, or its alerts would be delivered again. */
export interface Strikes {
  /** Resolves when those before are struck off and this one has begun.
   *  @throws AlertsError when one before could not be; this one is kept with it */
  begin(sorted: SortedDelivery): Promise<void>;
  /** Tries again what failed; nothing where nothing has. */
  retryFailed(): Promise<void>;
  /** Resolves when everything is struck off; what fails now is tried once more. */
  finish(): Promise<void>;
  /** Numbers of what is not struck off yet. */
  seqs(): number[];
}

/** @param onStruck - told of each once it is struck off */
export function createStrikes(
  settle: (settlement: Settlement) => Promise<void>,
  onStruck: (sorted: SortedDelivery) => void,
): Strikes {
  const open: SortedDelivery[] = [];
  let running = Promise.resolve();
  let hasFailed = false;

  const strikeAll = async (): Promise<void> => {
    for (let [first] = open; first !== undefined; [first] = open) {
      await settle(first.settlement);
      open.shift();
      onStruck(first);
    }
  };
  const run = (): Promise<void> => {
    hasFailed = false;
    running = strikeAll();
    // Whoever comes next meets its failure.
    running.catch(() => {
      hasFailed = true;
    });
    return running;
  };
  return {
    async begin(sorted) {
      open.push(sorted);
      await running;
      void run();
    },
    async retryFailed() {
      if (hasFailed) await run();
    },
    async finish() {
      // What failed is still open.
      await running.catch(() => {});
      if (open.length > 0) await run();
    },
    seqs: () =>
      open.flatMap(({ settlement: { delivered, dead } }) => [...delivered, ...dead.map(({ seq }) => seq)]),
  };
}
