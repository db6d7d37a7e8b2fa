/** Calls when a time has come, and each minute until then; of several that are set only the last counts. */
export interface DueClock {
  /** @param due - milliseconds since 1970; null for never */
  set(due: number | null): void;
  stop(): void;
}

/** Timers go on as they were when the clock is set: whoever waits longer looks at it again. */
const MAX_WAIT_MS = 60_000;

/** What a clock goes by. */
export interface DueTime {
  /** Milliseconds since 1970; it may stand still, and leap. */
  readonly now: () => number;
  /** How often to look at it. */
  readonly lookMs: number;
}

const WALL: DueTime = { now: Date.now, lookMs: MAX_WAIT_MS };

/** @param onTime - looks at the clock, does what is due and sets the next time; where `time` is not the wall's it is called
 *  no sooner than at the time that is set */
export function createDueClock(onTime: () => void, time: DueTime = WALL): DueClock {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function set(due: number | null): void {
    clearTimeout(timer);
    if (due === null || isStopped) return;
    const waitMs = Math.min(time.lookMs, Math.max(0, due - time.now()));
    // A time that stands still is behind, and no clock that was ahead.
    const isEarly = () => time !== WALL && time.now() < due;
    timer = setTimeout(() => (isEarly() ? set(due) : onTime()), waitMs);
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
