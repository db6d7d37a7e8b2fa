import { signal } from '@preact/signals';

/** The time that relative times are told from; moves every half minute. */
export const nowMs = signal(Date.now());

export function startClock(): void {
  setInterval(() => {
    nowMs.value = Date.now();
  }, 30_000);
}
