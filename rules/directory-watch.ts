import { type FSWatcher, watch } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Watches the directories in which a change to some paths can show. */
export interface DirectoryWatch {
  /** Watches the directories as they are now; those already watched stay so. */
  arm(): Promise<void>;
  close(): void;
}

const MAX_DIRECTORIES = 256;

interface Directory {
  readonly path: string;
  /** Files in it whose contents matter; null where all do. */
  readonly names: Set<string> | null;
}

/** @param onChange - called on every change in one of the directories that may concern the paths, often several times for
 *    one change. What is written into a file that only lies beside them, as a database does without pause, is none. */
export function createDirectoryWatch(paths: readonly string[], onChange: () => void): DirectoryWatch {
  const watchers = new Map<string, FSWatcher>();
  let wanted: ReadonlyMap<string, Directory> = new Map();
  let isClosed = false;

  async function arm(): Promise<void> {
    const found = await findDirectories(paths);
    if (isClosed) return;
    wanted = found;
    for (const [key, watcher] of watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      watchers.delete(key);
    }
    for (const [key, { path }] of wanted) if (!watchers.has(key)) add(key, path);
  }

  function add(key: string, directory: string): void {
    const drop = () => {
      watchers.get(key)?.close();
      watchers.delete(key);
    };
    const notice = (kind: string, name: string | null) => {
      if (mayConcern(wanted.get(key), kind, name)) onChange();
    };
    try {
      watchers.set(key, watch(directory, { persistent: false }, notice).on('error', drop));
    } catch {
      // It vanished since it was found: its parent is watched, and the poll comes by.
    }
  }

  return {
    arm,
    close: () => {
      isClosed = true;
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** A name that comes, goes or is swapped always may: links lead over names that are none of the paths. */
function mayConcern(directory: Directory | undefined, kind: string, name: string | null): boolean {
  const names = directory?.names ?? null;
  return kind !== 'change' || name === null || names === null || names.has(name);
}

/** Directories to watch, by path and inode, so that a directory swapped behind a symbolic link counts as new:
 *  every directory given and its subdirectories, what holds the paths, and where linked files really lie. */
async function findDirectories(paths: readonly string[]): Promise<ReadonlyMap<string, Directory>> {
  const found = new Map<string, Directory>();
  const given = paths.map((path) => resolve(path));
  const walked = new Set(given);
  const pending: Pending[] = given.flatMap((path) => [holderOf(path), { path }]);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (found.size >= MAX_DIRECTORIES) break;
    const { path, name } = next;
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) continue;
    if (!status.isDirectory()) {
      pending.push(holderOf(await realpath(path).catch(() => path)));
      continue;
    }
    const key = `${status.dev}:${status.ino}:${path}`;
    const isWalked = walked.has(path);
    const known = found.get(key);
    if (known !== undefined && (known.names === null || !isWalked)) {
      if (name !== undefined) known.names?.add(name);
      continue;
    }
    found.set(key, { path, names: isWalked ? null : new Set(name === undefined ? [] : [name]) });
    if (isWalked) for (const child of await childrenOf(path)) enqueue(child, pending, walked);
  }
  return found;
}

interface Pending {
  readonly path: string;
  /** What matters in it, where it only holds that. */
  readonly name?: string;
}

function holderOf(path: string): Pending {
  return { path: dirname(path), name: basename(path) };
}

function enqueue(child: string, pending: Pending[], walked: Set<string>): void {
  pending.push({ path: child });
  walked.add(child);
}

async function childrenOf(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).map((name) => join(directory, name));
}
