import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { cleanUp, dataFolder } from './cleanup.ts';

/** A file system of one MiB in memory, or a reason why there is none. */
export function smallDisk(t: TestContext): { folder: string } | { reason: string } {
  const folder = dataFolder(t);
  const reason = mountMemory(folder, '1m');
  if (reason !== null) return { reason };
  cleanUp(t, () => unmount(folder));
  return { folder };
}

const mounted = new Set<string>();

process.once('exit', () => {
  for (const folder of mounted) unmount(folder);
});

/** Mounts a file system in memory. @returns why it cannot be, or null */
export function mountMemory(folder: string, size: string): string | null {
  const args = ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder];
  const done = spawnSync('mount', args, { encoding: 'utf8' });
  if (done.status !== 0)
    return `a small disk cannot be mounted here: ${done.error?.message ?? done.stderr.trim()}`;
  mounted.add(folder);
  return null;
}

/** Whatever still has files open there keeps them. */
export function unmount(folder: string): void {
  mounted.delete(folder);
  spawnSync('umount', ['-l', folder]);
}
