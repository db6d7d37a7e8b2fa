import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32, zstdCompressSync } from 'node:zlib';
import { migrate } from '../database/migrations.ts';
import { type DatabaseKind, type OpenedDatabase, openDatabase } from '../database/open.ts';
import { inTransaction } from '../database/transaction.ts';
import type { ToKeep } from './types.ts';

/** How the store of kept exchanges is opened. */
export interface KeptOptions {
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** The compressed exchanges together take no more: the oldest go first. */
  readonly maxBytes: number;
}

/** What became of an exchange. */
export interface Kept {
  readonly isTooLarge: boolean;
  /** Older exchanges that made room. */
  readonly evicted: number;
  /** Of all that is kept now. */
  readonly bytes: number;
}

/** A page of what is kept, for a sweep. */
export interface KeptPage {
  readonly exchangeIds: readonly string[];
  /** Where the next one begins; null after the last. */
  readonly next: number | null;
}

/** All that one database of kept exchanges can be asked; every call blocks its thread. */
export interface KeptDatabase {
  readonly setAside: OpenedDatabase['setAside'];
  keep(exchange: ToKeep): Kept;
  /** Ids in the order of their keeping, behind a place. */
  page(query: { readonly after: number; readonly limit: number }): KeptPage;
  /** @returns what is left, and how many are gone */
  remove(exchangeIds: readonly string[]): { readonly removed: number; readonly bytes: number };
  close(): void;
}

const TABLES = `
CREATE TABLE exchanges (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  exchange_id TEXT NOT NULL UNIQUE,
  conversation_id TEXT NOT NULL,
  subject TEXT,
  ended_at TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE INDEX kept_by_conversation ON exchanges (conversation_id);
CREATE INDEX kept_by_subject ON exchanges (subject) WHERE subject IS NOT NULL;
CREATE INDEX kept_by_end ON exchanges (ended_at, tokens);
CREATE INDEX kept_by_size ON exchanges (seq, bytes);
`;

/** A power cut may take back the last exchanges that were kept, never a finding or an alert: those are elsewhere. Space
 *  that is given back is overwritten. */
export const KEPT: DatabaseKind = {
  migrate(database) {
    database.exec('PRAGMA secure_delete = ON');
    migrate(database, [TABLES]);
  },
  synchronous: 'NORMAL',
};

const INSERT = `INSERT INTO exchanges (exchange_id, conversation_id, subject, ended_at, tokens, bytes, crc, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (exchange_id) DO NOTHING`;

/** Opens the database, or begins a new one where the file is damaged: that one is renamed.
 *  @throws {AlertsError} STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, SCHEMA_NEWER */
export function openKept({ path, busyTimeoutMs, maxBytes }: KeptOptions): KeptDatabase {
  const { database, setAside } = openDatabase({ path, busyTimeoutMs }, KEPT);
  const statements = prepareAll(database);
  let version = -1;
  let bytes = 0;
  const count = (): void => {
    const now = Number(statements.version.get()?.['data_version']);
    if (now === version) return;
    bytes = Number(statements.size.get()?.['bytes'] ?? 0);
    version = now;
  };
  count();
  const sized = <Result>(work: () => Result): Result => {
    const before = bytes;
    try {
      return inTransaction(database, () => {
        // An erasure is another process's work.
        count();
        return work();
      });
    } catch (error) {
      bytes = before;
      throw error;
    }
  };
  return {
    setAside,
    keep({ exchangeId, conversationId, subject, endedAt, tokens, data }) {
      const packed = zstdCompressSync(data);
      if (packed.length > maxBytes) return { isTooLarge: true, evicted: 0, bytes };
      return sized(() => {
        let evicted = 0;
        while (bytes + packed.length > maxBytes) {
          const oldest = statements.evict.get();
          if (oldest === undefined) break;
          bytes -= Number(oldest['bytes']);
          evicted += 1;
        }
        const values = [exchangeId, conversationId, subject, endedAt, tokens, packed.length] as const;
        const { changes } = statements.insert.run(...values, crc32(packed), packed);
        if (Number(changes) > 0) bytes += packed.length;
        return { isTooLarge: false, evicted, bytes };
      });
    },
    page({ after, limit }) {
      const rows = statements.page.all(after, limit);
      const last = rows.at(-1)?.['seq'];
      return {
        exchangeIds: rows.map((row) => String(row['id'])),
        next: rows.length === limit && last !== undefined ? Number(last) : null,
      };
    },
    remove(exchangeIds) {
      return sized(() => {
        const gone = statements.remove.all(JSON.stringify(exchangeIds));
        for (const row of gone) bytes -= Number(row['bytes']);
        return { removed: gone.length, bytes };
      });
    },
    close: () => database.close(),
  };
}

function prepareAll(database: DatabaseSync) {
  return {
    size: database.prepare('SELECT sum(bytes) AS bytes FROM exchanges INDEXED BY kept_by_size'),
    /** Another one after another connection has changed something. */
    version: database.prepare('PRAGMA data_version'),
    insert: database.prepare(INSERT),
    evict: database.prepare(
      'DELETE FROM exchanges WHERE seq = (SELECT min(seq) FROM exchanges) RETURNING bytes',
    ),
    page: database.prepare('SELECT seq, exchange_id AS id FROM exchanges WHERE seq > ? ORDER BY seq LIMIT ?'),
    remove: database.prepare(
      'DELETE FROM exchanges WHERE exchange_id IN (SELECT value FROM json_each(?)) RETURNING bytes',
    ),
  } satisfies Record<string, StatementSync>;
}
