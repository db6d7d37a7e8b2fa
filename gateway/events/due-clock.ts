/** Calls when a time has come, and each minute until then; of several that are set only the last counts. */
export interface DueClock {
  /** @param due - milliseconds since 1970; null for never */
  set(due: number | null): void;
  stop(): void;
}

/** Timers go on as they were when the clock is set: whoever waits longer looks at it again. */
const MAX_WAIT_MS = 60_000;

/** @param onTime - looks at the clock, does what is due and sets the next time */
export function createDueClock(onTime: () => void): DueClock {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function set(due: number | null): void {
    clearTimeout(timer);
    if (due === null || isStopped) return;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, due - Date.now()));
    timer = setTimeout(onTime, waitMs);
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
