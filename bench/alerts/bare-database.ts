import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { migrate } from '../../alerts/database/migrations.ts';
import { type Pace, paceOf } from './pace.ts';

/** The tables of one exchange's rows, in the order of their references. */
const TABLES = ['exchanges', 'coverage', 'segments', 'findings', 'outbox'] as const;

type Row = Record<string, string | number | boolean | null>;
type Rows = Readonly<Record<(typeof TABLES)[number], readonly Row[]>>;

/** As many exchanges share a transaction as share a commit of the ledger. */
const BATCH = 64;

/** Takes the rows that a store holds and writes them into an empty one with the same tables, in plain SQL.
 *  @returns the pace of exchanges */
export async function bareSqlite(folder: string): Promise<Pace> {
  const source = new DatabaseSync(join(folder, 'telltale.db'), { readOnly: true });
  const rows = Object.fromEntries(
    TABLES.map((table) => [table, source.prepare(`SELECT * FROM ${table}`).all()]),
  ) as unknown as Rows;
  source.close();
  const database = new DatabaseSync(join(folder, 'bare.db'), { enableForeignKeyConstraints: true });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  migrate(database);
  const insert = Object.fromEntries(
    TABLES.map((table) => {
      const names = Object.keys(rows[table][0] ?? {});
      const marks = names.map(() => '?').join(', ');
      return [table, database.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`)];
    }),
  );
  try {
    return await paceOf(rows.exchanges.length, async () => {
      for (let from = 0; from < rows.exchanges.length; from += BATCH) {
        database.exec('BEGIN IMMEDIATE');
        for (const table of TABLES) {
          for (const row of rows[table].slice(from, from + BATCH)) {
            insert[table]?.run(...(Object.values(row) as (string | number)[]));
          }
        }
        database.exec('COMMIT');
      }
    });
  } finally {
    database.close();
  }
}

/** The same in PostgreSQL, in a schema beside the store's, each table of a transaction with one statement. */
export async function barePostgres(url: string): Promise<Pace> {
  const client = new Client({ connectionString: url, options: '-c search_path=telltale' });
  await client.connect();
  try {
    const entries: [string, Row[]][] = [];
    for (const table of TABLES) entries.push([table, (await client.query(`SELECT * FROM ${table}`)).rows]);
    const rows = Object.fromEntries(entries) as unknown as Rows;
    await client.query('CREATE SCHEMA bare');
    for (const table of TABLES)
      await client.query(`CREATE TABLE bare.${table} (LIKE ${table} INCLUDING ALL)`);
    const batches: (readonly [sql: string, json: string])[][] = [];
    for (let from = 0; from < rows.exchanges.length; from += BATCH) {
      batches.push(
        TABLES.map((table) => [
          `INSERT INTO bare.${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${table}, $1)`,
          JSON.stringify(rows[table].slice(from, from + BATCH)),
        ]),
      );
    }
    return await paceOf(rows.exchanges.length, async () => {
      for (const batch of batches) {
        await client.query('BEGIN');
        for (const [sql, json] of batch) await client.query(sql, [json]);
        await client.query('COMMIT');
      }
    });
  } finally {
    await client.end();
  }
}
