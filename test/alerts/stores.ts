import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, type TestContext } from 'node:test';
import { Client } from 'pg';
import { createLedger, type Ledger, type LedgerOptions } from '../../alerts/index.ts';
import { type PostgresServer, type PostgresServerOptions, startPostgres } from '../services/postgres.ts';
import { cleanUp, dataFolder } from './cleanup.ts';

/** Where one test's store lies. */
export interface StorePlace {
  readonly dataDir: string;
  readonly databaseUrl?: string;
}

/** A kind of store: what holds for one holds for the other. */
export interface TestStore {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** A place without a store. */
  place(t: TestContext): Promise<StorePlace>;
  /** A ledger that is closed with the test. */
  open(t: TestContext, options?: Partial<LedgerOptions>): Promise<{ ledger: Ledger; place: StorePlace }>;
  /** Rows as somebody else reads, or changes, them. */
  rows(place: StorePlace, sql: string): Promise<Record<string, unknown>[]>;
  /** The server; only where there is one. */
  server(): PostgresServer;
}

/** Runs the same tests against both kinds of store; PostgreSQL's server is started for the file. */
export function forEachStore(
  define: (store: TestStore) => void,
  options: { readonly postgres?: PostgresServerOptions } = {},
): void {
  describe('SQLite', () => define(createStore('SQLite', embeddedPlace, noServer)));
  describe('PostgreSQL', () => {
    let server: PostgresServer | undefined;
    before(async () => {
      server = await startPostgres(options.postgres);
    });
    after(() => server?.close());
    const started = () => server ?? noServer();
    const place = async (t: TestContext) => ({
      dataDir: dataFolder(t),
      databaseUrl: await started().createDatabase(),
    });
    define(createStore('PostgreSQL', place, started));
  });
}

async function embeddedPlace(t: TestContext): Promise<StorePlace> {
  return { dataDir: dataFolder(t) };
}

function noServer(): never {
  throw new Error('this store has no server');
}

function createStore(
  name: TestStore['name'],
  place: TestStore['place'],
  server: TestStore['server'],
): TestStore {
  const open: TestStore['open'] = async (t, options = {}) => {
    const at = options.dataDir === undefined ? await place(t) : (options as StorePlace);
    const ledger = await createLedger({ sinks: ['list'], commitTimeoutMs: 120_000, ...options, ...at });
    cleanUp(t, () => ledger.close());
    return { ledger, place: at };
  };
  return { name, place, open, rows, server };
}

async function rows({ dataDir, databaseUrl }: StorePlace, sql: string): Promise<Record<string, unknown>[]> {
  if (databaseUrl === undefined) {
    const database = new DatabaseSync(join(dataDir, 'telltale.db'), {
      readOnly: sql.startsWith('SELECT'),
    });
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      database.close();
    }
  }
  const client = new Client({ connectionString: databaseUrl, options: '-c search_path=telltale' });
  await client.connect();
  try {
    return (await client.query(sql)).rows.map((row) => ({ ...row }));
  } finally {
    await client.end();
  }
}
