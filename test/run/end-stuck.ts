import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the process of a test file that was told to end, and kills one that does not heed it, as one that never lets
 *  go of its thread. Where the system does not tell whose children they are, nothing is done.
 *  @param graceMs - how long it may take to end by itself */
export async function endStuck(file: string, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let left = processesOf(file);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(50);
    left = processesOf(file);
  }
  for (const pid of left) process.kill(pid, 'SIGKILL');
}

/** Children of this process that were started with the file among their arguments. */
function processesOf(file: string): number[] {
  return pids().filter((pid) => parentOf(pid) === process.pid && argumentsOf(pid).includes(file));
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  // State and parent stand after the name, which may hold anything.
  return Number(/^.*\) \w (\d+)/s.exec(read(pid, 'stat'))?.[1]);
}

function argumentsOf(pid: number): string[] {
  return read(pid, 'cmdline').split('\0');
}

/** Empty where the process has ended. */
function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
