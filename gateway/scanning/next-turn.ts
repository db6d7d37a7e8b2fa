import { setImmediate } from 'node:timers/promises';

/** Waits for the next turn of the event loop, once for all that wait for the same. */
export type NextTurn = () => Promise<void>;

export function createNextTurn(): NextTurn {
  let next: Promise<void> | null = null;
  return () => {
    next ??= setImmediate().then(() => {
      next = null;
    });
    return next;
  };
}
