/** Lets one waiter sleep until something happens, or until it is time. */
export interface Wake {
  fire(): void;
  /** Resolves at once where something has happened since the last time. */
  next(timeoutMs: number): Promise<void>;
}

export function createWake(): Wake {
  let hasFired = false;
  let wakeUp: (() => void) | null = null;
  return {
    fire() {
      hasFired = true;
      wakeUp?.();
    },
    async next(timeoutMs) {
      let timer: NodeJS.Timeout | undefined;
      if (!hasFired) {
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
          timer = setTimeout(resolve, timeoutMs);
        });
      }
      clearTimeout(timer);
      wakeUp = null;
      hasFired = false;
    },
  };
}
