import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

const FOLDER = join(tmpdir(), `telltale-ports-${process.getuid?.() ?? 0}`);
const own: string[] = [];

process.on('exit', () => {
  for (const path of own) rmSync(path, { force: true });
});

/** Makes a port this process's own among all that ask here, until it ends. False: it is another's, which runs. */
export function leasePort(port: number): boolean {
  const path = join(FOLDER, String(port));
  mkdirSync(FOLDER, { recursive: true });
  if (isOfTheDead(path)) rmSync(path, { force: true });
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  own.push(path);
  return true;
}

/** Whether a lease was left by a process that was killed. One that is being written has no number yet. */
function isOfTheDead(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return pid > 0 && pid !== process.pid && !isAlive(pid);
  } catch {
    return false;
  }
}
