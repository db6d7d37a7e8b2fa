/** So many alerts in such a time. */
export interface RateLimit {
  readonly alerts: number;
  readonly perMs: number;
}

/** A bucket of permits that fills up evenly. */
export interface RateLimiter {
  /** False when there is none. */
  take(): boolean;
  /** What was taken was not used. */
  giveBack(): void;
}

/** A full bucket: a burst of `alerts` may go at once. Times are monotonic. */
export function createRateLimiter({ alerts, perMs }: RateLimit): RateLimiter {
  let permits = alerts;
  let filledAt = performance.now();
  const fill = (): void => {
    const now = performance.now();
    permits = Math.min(alerts, permits + ((now - filledAt) * alerts) / perMs);
    filledAt = now;
  };
  return {
    take() {
      fill();
      if (permits < 1) return false;
      permits -= 1;
      return true;
    },
    giveBack() {
      permits = Math.min(alerts, permits + 1);
    },
  };
}
