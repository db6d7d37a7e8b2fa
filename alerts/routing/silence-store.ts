import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AlertsError } from '../alerts-error.ts';
import type { Silence } from './silences.ts';

/** A silence, and how many alerts it has held back, each counted once a sink. */
export interface CountedSilence extends Silence {
  readonly heldBack: number;
}

/** Silences that people add while the gateway runs, and what every silence has held back. All calls are short and
 *  block; several processes may have the same store open.
 *  @throws {AlertsError} STORE_FAILED from every call */
export interface SilenceStore {
  /** Those that have not ended by then, and with no time all; the newest first. */
  list(endsAfter?: string): readonly CountedSilence[];
  add(silence: Omit<Silence, 'id'>): Silence;
  /** Ends a silence now; false where none of this id holds or is to come. */
  expire(id: string, now: string): boolean;
  countHeldBack(counts: ReadonlyMap<string, number>): void;
  /** What silences from elsewhere, the configuration for example, have held back. */
  heldBack(id: string): number;
  close(): void;
}

const FILE_NAME = 'silences.db';
const BUSY_TIMEOUT_MS = 1000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS silences (
    id TEXT PRIMARY KEY,
    matchers TEXT NOT NULL,
    author TEXT NOT NULL,
    comment TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS held_back (silence_id TEXT PRIMARY KEY, alerts INTEGER NOT NULL) STRICT;
`;

const LIST = `SELECT id, matchers, author, comment, starts_at AS startsAt, ends_at AS endsAt,
  coalesce(alerts, 0) AS heldBack FROM silences LEFT JOIN held_back ON silence_id = id
  WHERE ends_at > ? ORDER BY starts_at DESC, id`;

const COUNT = `INSERT INTO held_back SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
  ON CONFLICT (silence_id) DO UPDATE SET alerts = alerts + excluded.alerts`;

/** Opens `silences.db` in the data folder, beside the store of alerts; both are made when missing. */
export function openSilenceStore(dataDir: string): SilenceStore {
  const path = join(dataDir, FILE_NAME);
  const guard = <Result>(doing: string, work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw new AlertsError('STORE_FAILED', `cannot ${doing} ${path}: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  const database = guard('open', () => openDatabase(dataDir, path));
  return {
    list: (endsAfter = '') =>
      guard('read', () =>
        database
          .prepare(LIST)
          .all(endsAfter)
          .map((row) => silenceOf(row as unknown as Row)),
      ),
    add: (given) =>
      guard('write', () => {
        const { matchers, author, comment, startsAt, endsAt } = given;
        const id = randomUUID();
        const values = [id, JSON.stringify(matchers), author, comment, startsAt, endsAt];
        database.prepare('INSERT INTO silences VALUES (?, ?, ?, ?, ?, ?)').run(...values);
        return { id, ...given };
      }),
    expire: (id, now) =>
      guard('write', () => {
        const ending = database.prepare('UPDATE silences SET ends_at = ? WHERE id = ? AND ends_at > ?');
        return Number(ending.run(now, id, now).changes) > 0;
      }),
    countHeldBack: (counts) =>
      guard('write', () => {
        const all = JSON.stringify([...counts]);
        database.prepare(COUNT).run(all);
      }),
    heldBack: (id) =>
      guard('read', () => {
        const row = database.prepare('SELECT alerts FROM held_back WHERE silence_id = ?').get(id);
        return Number(row?.['alerts'] ?? 0);
      }),
    close: () => database.close(),
  };
}

type Row = Omit<CountedSilence, 'matchers'> & { readonly matchers: string };

function silenceOf(row: Row): CountedSilence {
  return { ...row, matchers: JSON.parse(row.matchers) };
}

function openDatabase(dataDir: string, path: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${TABLES}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
