import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than anything here takes: a wait that comes to it will not end. */
const DEADLINE_MS = 120_000;

/** Waits for what must come true. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${isTrue}`);
    await sleep(20);
  }
}
