import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createLedger } from '../../alerts/index.ts';

/** Where a store lies, as a ledger is opened on it. */
export interface StoreAt {
  readonly dataDir: string;
  readonly databaseUrl?: string;
}

/** What a store holds when nobody writes any more. */
export interface StoreContent {
  /** Of all alerts that it knows. */
  readonly ids: readonly string[];
  readonly waiting: number;
  readonly dead: number;
}

const PAGE = 200;
const LOCK_WAIT_MS = 10_000;

/** Another process holds the store's lock for a while. */
export async function lockStore({ dataDir, databaseUrl }: StoreAt, ms: number): Promise<void> {
  if (databaseUrl === undefined) await lockFile(join(dataDir, 'telltale.db'), ms);
  // Where the server is being killed there is nothing to lock.
  else await lockTable(databaseUrl, ms).catch(() => {});
}

async function lockFile(path: string, ms: number): Promise<void> {
  const database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
  try {
    database.exec('BEGIN IMMEDIATE');
    await sleep(ms);
    database.exec('ROLLBACK');
  } finally {
    database.close();
  }
}

async function lockTable(url: string, ms: number): Promise<void> {
  const client = new Client({ connectionString: url, options: `-c lock_timeout=${LOCK_WAIT_MS}` });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN; LOCK TABLE telltale.exchanges IN ACCESS EXCLUSIVE MODE');
    await sleep(ms);
  } finally {
    await client.end();
  }
}

/** Only once its gateways are stopped. */
export async function readStore(at: StoreAt): Promise<StoreContent> {
  const ledger = await createLedger({ ...at, sinks: [] });
  try {
    const ids: string[] = [];
    for (let before: number | undefined; ; ) {
      const page = await ledger.listFlagged({ limit: PAGE, ...(before !== undefined && { before }) });
      ids.push(...page.flatMap(({ findings }) => findings.map(({ alertId }) => alertId)));
      before = page.at(-1)?.cursor;
      if (page.length < PAGE) break;
    }
    const letters = await ledger.deadLetters({ limit: 1_000_000 });
    return { ids, waiting: (await ledger.depth('kafka')).depth, dead: letters.length };
  } finally {
    await ledger.close();
  }
}
