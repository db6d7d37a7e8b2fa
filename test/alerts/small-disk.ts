import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { cleanUp, dataFolder } from './cleanup.ts';

/** A file system of one MiB in memory, or a reason why there is none. */
export function smallDisk(t: TestContext): { folder: string } | { reason: string } {
  const folder = dataFolder(t);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { encoding: 'utf8' });
  if (mounted.status !== 0)
    return { reason: `a small disk cannot be mounted here: ${mounted.stderr.trim()}` };
  cleanUp(t, () => spawnSync('umount', ['-l', folder]));
  return { folder };
}
