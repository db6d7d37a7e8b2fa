import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { repeatedly } from './repeatedly.ts';

/** The path of the first of these programs that is on the PATH, or undefined. */
export function findProgram(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** The path of a program that a test stands on; as root on Debian it is installed when it is missing.
 *  @param names - the program's names, the preferred one first
 *  @param packages - the Debian packages that carry it
 *  @throws Error naming the program and its packages when it is missing and cannot be installed */
export function requireProgram(names: readonly string[], packages: readonly string[]): string {
  const found = findProgram(names) ?? installFor(names, packages);
  if (found !== undefined) return found;
  throw new Error(`${names[0]} is not on the PATH; these tests need it (Debian: ${aptLine(packages)})`);
}

function installFor(names: readonly string[], packages: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0 || findProgram(['apt-get']) === undefined) return undefined;
  repeatedly(aptLine(packages), () => {
    apt(['update']);
    apt(['install', '-y', '--no-install-recommends', ...packages]);
  });
  return findProgram(names);
}

/** Test files side by side may need programs at the same time: apt's own lock on its lists is not waited for. */
const LOCK = join(tmpdir(), 'telltale-apt.lock');
const FLAGS = ['-q', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3'];

function apt(args: readonly string[]): void {
  const flock = findProgram(['flock']);
  const [command = '', ...first] = flock === undefined ? ['apt-get'] : [flock, LOCK, 'apt-get'];
  const { status, error, stderr } = spawnSync(command, [...first, ...FLAGS, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`apt-get ${args[0]} failed: ${error?.message ?? stderr.trim()}`);
}

function aptLine(packages: readonly string[]): string {
  return `apt-get install ${packages.join(' ')}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
