/** Something to wait for: a ring, or a time. A ring while nobody waits is kept for the next wait. */
export interface Alarm {
  ring(): void;
  /** Resolves at the next ring or after `ms`. */
  wait(ms: number): Promise<void>;
}

/** An alarm that has not rung. */
export function createAlarm(): Alarm {
  let hasRung = false;
  let wake: (() => void) | undefined;
  const ring = (): void => {
    hasRung = true;
    wake?.();
  };
  const wait = async (ms: number): Promise<void> => {
    if (!hasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    wake = undefined;
    hasRung = false;
  };
  return { ring, wait };
}
