import { type FSWatcher, watch } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Watches the directories in which a change to some paths can show. */
export interface DirectoryWatch {
  /** Watches the directories as they are now; those already watched stay so. */
  arm(): Promise<void>;
  close(): void;
}

const MAX_DIRECTORIES = 256;

/** @param onChange - called on every change in one of the directories, often several times for one change */
export function createDirectoryWatch(paths: readonly string[], onChange: () => void): DirectoryWatch {
  const watchers = new Map<string, FSWatcher>();
  let isClosed = false;

  async function arm(): Promise<void> {
    const wanted = await findDirectories(paths);
    if (isClosed) return;
    for (const [key, watcher] of watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      watchers.delete(key);
    }
    for (const [key, directory] of wanted) if (!watchers.has(key)) add(key, directory);
  }

  function add(key: string, directory: string): void {
    const drop = () => {
      watchers.get(key)?.close();
      watchers.delete(key);
    };
    try {
      watchers.set(key, watch(directory, { persistent: false }, onChange).on('error', drop));
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

/** Directories to watch, by path and inode, so that a directory swapped behind a symbolic link counts as new:
 *  every directory given and its subdirectories, what holds the paths, and where linked files really lie. */
async function findDirectories(paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const pending = paths.flatMap((path) => [dirname(resolve(path)), resolve(path)]);
  const walked = new Set(paths.map((path) => resolve(path)));
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    if (found.size >= MAX_DIRECTORIES) break;
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) continue;
    if (!status.isDirectory()) {
      pending.push(dirname(await realpath(path).catch(() => path)));
      continue;
    }
    const key = `${status.dev}:${status.ino}:${path}`;
    if (found.has(key)) continue;
    found.set(key, path);
    if (walked.has(path)) for (const child of await childrenOf(path)) enqueue(child, pending, walked);
  }
  return found;
}

function enqueue(child: string, pending: string[], walked: Set<string>): void {
  pending.push(child);
  walked.add(child);
}

async function childrenOf(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).map((name) => join(directory, name));
}
