import { accessSync, closeSync, constants, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AlertsError } from '../alerts-error.ts';
import { makeFolder } from '../make-folder.ts';
import { messageOf, reasonOf, storeError } from './failure.ts';
import { migrate } from './migrations.ts';

/** How to open the database. */
export interface OpenOptions {
  readonly path: string;
  /** How long a statement waits for another process that holds the lock. */
  readonly busyTimeoutMs: number;
  /** The file grows no further; what does not fit is unrecorded with `disk_full`. */
  readonly maxBytes?: number;
  /** A damaged file is refused, and stays where it is: for who comes only to look. */
  readonly refusesDamaged?: boolean;
}

/** What a database holds, and how sure it must be. */
export interface DatabaseKind {
  /** Takes the tables to the newest version.
   *  @throws {AlertsError} SCHEMA_NEWER */
  migrate(database: DatabaseSync): void;
  /** FULL: what was acknowledged is there after a power cut. */
  readonly synchronous: 'FULL' | 'NORMAL';
}

const STORE: DatabaseKind = { migrate, synchronous: 'FULL' };

/** A database, and where the broken one that stood in its place was put. */
export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly setAside: { readonly path: string; readonly reason: string } | null;
}

/** Larger files are not read through at start; a broken page in them shows when it is used. */
const MAX_CHECKED_BYTES = 256 * 1024 * 1024;

const FILE_SUFFIXES = ['', '-wal', '-shm'];

/** Opens the database in WAL mode and takes it to the newest version. A file that is not a sound database is renamed,
 *  never changed, and a new one begun.
 *  @param kind - default: the store, with `synchronous=FULL`
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER, STORE_CORRUPT where that is refused */
export function openDatabase(options: OpenOptions, kind: DatabaseKind = STORE): OpenedDatabase {
  makeWritable(options.path);
  try {
    return { database: openSound(options, kind), setAside: null };
  } catch (error) {
    if (!isCorrupt(error) || options.refusesDamaged === true)
      throw storeError(error, `cannot open ${options.path}`);
    const setAside = { path: putAside(options.path), reason: messageOf(error) };
    return { database: openSound(options, kind), setAside };
  }
}

function makeWritable(path: string): void {
  try {
    makeFolder(dirname(path));
    accessSync(dirname(path), constants.W_OK);
    if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'STORE_FULL' : 'STORE_UNWRITABLE';
    throw new AlertsError(code, `cannot write to ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function openSound({ path, busyTimeoutMs, maxBytes }: OpenOptions, kind: DatabaseKind): DatabaseSync {
  const isSmall = !existsSync(path) || statSync(path).size <= MAX_CHECKED_BYTES;
  begin(path);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${kind.synchronous};`);
    if (isSmall) check(database, path);
    if (maxBytes !== undefined) limitSize(database, maxBytes);
    kind.migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A new file is for its owner alone, and so are the log and the index that SQLite puts beside it. */
function begin(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // It is there and keeps its mode, or it cannot be made, which SQLite will say.
  }
}

function check(database: DatabaseSync, path: string): void {
  const found = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (found !== 'ok') throw new AlertsError('STORE_CORRUPT', `${path} is damaged: ${found}`);
}

function limitSize(database: DatabaseSync, maxBytes: number): void {
  const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
}

function isCorrupt(error: unknown): boolean {
  return (error instanceof AlertsError && error.code === 'STORE_CORRUPT') || reasonOf(error) === 'corrupt';
}

function putAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(':', '-');
  const aside = `${path}.corrupt-${stamp}`;
  for (const suffix of FILE_SUFFIXES) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}
