import { Pool, type PoolConfig, TypeOverrides } from 'pg';
import { AlertsError } from '../alerts-error.ts';

/** Runs one statement and gives its rows. */
export type Query = <Row = Record<string, unknown>>(
  sql: string,
  values?: readonly unknown[],
) => Promise<readonly Row[]>;

/** Connections to one PostgreSQL database. */
export interface PostgresDatabase {
  readonly query: Query;
  /** Runs `work` between BEGIN and COMMIT on one connection; whatever it throws takes everything back. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Where the database is and how long it may take. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, as libpq has it. */
  readonly url: string;
  /** How long a statement waits for a lock that another connection holds. */
  readonly lockTimeoutMs: number;
  /** How long one statement, or a connection, may take. */
  readonly statementTimeoutMs: number;
}

/** The schema that holds every table, so that a database may be shared with others. */
export const SCHEMA = 'telltale';

const MAX_CONNECTIONS = 4;
const INT8 = 20;

/** Connects at the first statement. */
export function createPostgresDatabase(options: PostgresOptions): PostgresDatabase {
  // Statements that do not need each other's answers are sent together.
  const pool = new Pool({ ...connectionOf(options), max: MAX_CONNECTIONS, pipeline: true });
  // An idle connection that breaks is replaced at the next statement.
  pool.on('error', () => {});
  const query: Query = async (sql, values = []) => (await pool.query(sql, [...values])).rows;

  const transaction = async <Result>(work: (query: Query) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect();
    const run: Query = async (sql, values = []) => (await client.query(sql, [...values])).rows;
    let failure: unknown;
    // A connection that breaks between two statements says so here; the next statement fails with it.
    const note = (error: Error): void => {
      failure = error;
    };
    client.on('error', note);
    try {
      await run('BEGIN');
      const result = await work(run);
      await run('COMMIT');
      return result;
    } catch (error) {
      failure ??= await run('ROLLBACK').then(
        () => undefined,
        (broken: unknown) => broken,
      );
      throw error;
    } finally {
      client.off('error', note);
      client.release(failure !== undefined);
    }
  };
  return { query, transaction, close: () => pool.end() };
}

/** How each connection of the store is opened: durable commits, the store's schema, and a bound on every wait.
 *  @throws {AlertsError} STORE_UNREACHABLE when the address cannot be read */
export function connectionOf({ url, lockTimeoutMs, statementTimeoutMs }: PostgresOptions): PoolConfig {
  const address = parseUrl(url);
  const given = address.searchParams.get('options') ?? '';
  address.searchParams.delete('options');
  const types = new TypeOverrides();
  // Numbers of rows and counts stay below 2^53.
  types.setTypeParser(INT8, Number);
  const settings = { search_path: SCHEMA, synchronous_commit: 'on', lock_timeout: lockTimeoutMs };
  const own = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return {
    connectionString: address.href,
    application_name: 'telltale',
    options: [given, ...own].filter((part) => part !== '').join(' '),
    connectionTimeoutMillis: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // The server's own deadline comes first; this one is for a server that no longer answers.
    query_timeout: statementTimeoutMs + 1000,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    keepAlive: true,
    types,
  };
}

/** The address without its password, for messages. */
export function shownUrl(url: string): string {
  const address = parseUrl(url);
  return `${address.protocol}//${address.username === '' ? '' : `${address.username}@`}${address.host}${address.pathname}`;
}

function parseUrl(url: string): URL {
  const address = URL.parse(url);
  if (address !== null && /^postgres(ql)?:$/.test(address.protocol)) return address;
  throw new AlertsError(
    'STORE_UNREACHABLE',
    'the address of the database is not postgres://user:password@host:port/database',
  );
}
