import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

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
  const flags = ['-q', '-o', 'DPkg::Lock::Timeout=240'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', [...flags, 'update'], { env, stdio: 'ignore' });
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const done = spawnSync('apt-get', [...flags, ...install], { env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${aptLine(packages)} failed: ${done.stderr.trim()}`);
  return findProgram(names);
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
