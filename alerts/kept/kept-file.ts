import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32, zstdDecompressSync } from 'node:zlib';
import { AlertsError } from '../alerts-error.ts';
import { storeError } from '../database/failure.ts';
import { inTransaction } from '../database/transaction.ts';
import { selectionColumn } from '../selection.ts';
import type { EraseSelection } from '../types.ts';
import { KEPT } from './database.ts';
import { KEPT_FILE } from './kept-store.ts';
import type { KeptRange, KeptRow } from './types.ts';

/** Kept exchanges as a command reads them, beside a gateway that runs. */
export interface KeptFile {
  readonly path: string;
  /** How much is in a range. */
  count(range: KeptRange): KeptCount;
  /** In the order of their ends. */
  read(range: KeptRange): Iterable<KeptRow>;
  close(): void;
}

export interface KeptCount {
  readonly exchanges: number;
  readonly tokens: number;
  /** Ends of the first and the last, ISO 8601; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
}

const BUSY_TIMEOUT_MS = 10_000;
const PAGE = 64;
const RANGE = "ended_at >= coalesce(?, '') AND (? IS NULL OR ended_at < ?)";

/** @returns null where nothing was ever kept in this folder
 *  @throws {AlertsError} STORE_CORRUPT, STORE_LOCKED, SCHEMA_NEWER */
export function openKeptFile(dataDir: string): KeptFile | null {
  const path = join(dataDir, KEPT_FILE);
  const database = openBegun(path);
  if (database === null) return null;
  const ofRange = ({ since, until }: KeptRange) => [since ?? null, until ?? null, until ?? null] as const;
  return {
    path,
    count: (range) =>
      orFail(path, () => {
        const sql = `SELECT count(*) AS exchanges, coalesce(sum(tokens), 0) AS tokens, min(ended_at) AS first,
          max(ended_at) AS last FROM exchanges WHERE ${RANGE}`;
        const row = database.prepare(sql).get(...ofRange(range));
        const end = (name: string) => (typeof row?.[name] === 'string' ? row[name] : null);
        const ends = { from: end('first'), to: end('last') };
        return { exchanges: Number(row?.['exchanges']), tokens: Number(row?.['tokens']), ...ends };
      }),
    read: (range) => readPages(database, path, ofRange(range)),
    close: () => database.close(),
  };
}

/** Removes all that is kept of a conversation, a subject or an exchange, and empties the log, so that no page of the files
 *  holds it.
 *  @returns how many exchanges are gone
 *  @throws {AlertsError} STORE_CORRUPT, STORE_LOCKED, SCHEMA_NEWER */
export function eraseKept(dataDir: string, selection: EraseSelection): number {
  const path = join(dataDir, KEPT_FILE);
  const database = openBegun(path);
  if (database === null) return 0;
  try {
    return orFail(path, () => {
      const sql = `DELETE FROM exchanges WHERE ${selectionColumn(selection)} = ?`;
      const removed = inTransaction(database, () =>
        Number(database.prepare(sql).run(selection.value).changes),
      );
      const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (Number(row?.['busy']) === 0) return removed;
      throw new AlertsError(
        'STORE_LOCKED',
        `${path}: another process is reading it, so its log cannot be emptied now: try again`,
      );
    });
  } finally {
    database.close();
  }
}

/** Whoever keeps exchanges makes the tables; a command that comes before finds nothing. */
function openBegun(path: string): DatabaseSync | null {
  if (!existsSync(path)) return null;
  return orFail(path, () => {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      if (Number(database.prepare('PRAGMA user_version').get()?.['user_version']) === 0) {
        database.close();
        return null;
      }
      KEPT.migrate(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function orFail<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw storeError(error, `${path} cannot be used`);
  }
}

/** In pages, so that no read lasts: a gateway beside it goes on writing, and its log does not grow meanwhile. */
function* readPages(
  database: DatabaseSync,
  path: string,
  range: readonly [string | null, string | null, string | null],
): Generator<KeptRow> {
  const page =
    database.prepare(`SELECT seq, exchange_id AS id, conversation_id AS conversationId, ended_at AS endedAt,
    tokens, crc, data FROM exchanges
    WHERE ${RANGE} AND (ended_at, seq) > (?, ?) ORDER BY ended_at, seq LIMIT ${PAGE}`);
  let last: readonly [string, number] = ['', 0];
  for (;;) {
    const rows = orFail(path, () => page.all(...range, ...last));
    for (const row of rows) {
      const { id, conversationId, endedAt, tokens, crc, data } = row;
      yield {
        exchangeId: String(id),
        conversationId: String(conversationId),
        endedAt: String(endedAt),
        tokens: Number(tokens),
        data: unpacked(data, Number(crc)),
      };
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return;
    last = [String(end['endedAt']), Number(end['seq'])];
  }
}

function unpacked(data: unknown, crc: number): Uint8Array | null {
  if (!(data instanceof Uint8Array) || crc32(data) !== crc) return null;
  try {
    return zstdDecompressSync(data);
  } catch {
    return null;
  }
}
