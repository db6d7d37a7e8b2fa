import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process still runs. One that has ended and that nobody has reaped yet, which still answers to signals,
 *  does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // The state stands after the name, which may hold anything.
    return !/^.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Gone meanwhile, or a system without such files.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || process.platform !== 'linux';
  }
}

/** The processes that a process has started and not yet reaped; none where the system does not tell. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

const DEADLINE_MS = 60_000;

/** @throws Error when one still runs after a minute */
export async function untilGone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let left = pids.filter(isAlive); left.length > 0; left = left.filter(isAlive)) {
    if (performance.now() > deadline)
      throw new Error(`still there after ${DEADLINE_MS} ms: ${left.join(', ')}`);
    await sleep(20);
  }
}
