import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Lets other threads go first where cores are short: the thread that calls becomes as nice as that, 0 to 19, and no other.
 *  Linux gives each thread a niceness of its own (setpriority(2), "C library/kernel differences"); elsewhere it would be
 *  the whole process that steps back, so nothing is done. */
export function setThreadNiceness(niceness: number): void {
  if (process.platform !== 'linux') return;
  try {
    // A link to PID/task/TID.
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), niceness);
  } catch {
    // A sandbox may hide /proc or forbid the call; the thread reads as well, only less politely.
  }
}
