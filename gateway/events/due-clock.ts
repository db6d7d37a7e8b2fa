/** Calls when a time has come; of several that are set only the last counts. */
export interface DueClock {
  /** @param due - milliseconds since 1970; null for never */
  set(due: number | null): void;
  stop(): void;
}

/** A timer holds no longer than 24.8 days; past a day it is set anew. */
const MAX_WAIT_MS = 86_400_000;

/** @param onDue - called at the time that is set or after, never before; it may set the next one */
export function createDueClock(onDue: () => void): DueClock {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function set(due: number | null): void {
    clearTimeout(timer);
    if (due === null || isStopped) return;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, due - Date.now()));
    timer = setTimeout(() => (Date.now() < due ? set(due) : onDue()), waitMs);
    timer.unref();
  }

  return {
    set,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
