/** The time that an exchange spends in the gateway, and not in waiting for its client or its upstream. */
export interface AddedTime {
  /** The gateway has what it waited for. */
  resume(): void;
  /** The gateway waits for others. */
  pause(): void;
  ms(): number;
}

/** Begins paused. */
export function createAddedTime(now: () => number = () => performance.now()): AddedTime {
  let sum = 0;
  let since: number | null = null;
  return {
    resume() {
      since ??= now();
    },
    pause() {
      if (since !== null) sum += now() - since;
      since = null;
    },
    ms: () => sum + (since === null ? 0 : now() - since),
  };
}
