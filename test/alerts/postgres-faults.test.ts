import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { AlertsError, createLedger, type LedgerOptions } from '../../alerts/index.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { until } from './sinks.ts';

let server: PostgresServer;

before(async () => {
  server = await startPostgres();
});
after(() => server?.close());

async function open(t: TestContext, databaseUrl: string, options: Partial<LedgerOptions> = {}) {
  const place = { dataDir: dataFolder(t), databaseUrl };
  const ledger = await createLedger({ ...place, sinks: ['list'], commitTimeoutMs: 60_000, ...options });
  cleanUp(t, () => ledger.close());
  return ledger;
}

test('a server that is killed costs what comes meanwhile, and nothing that was acknowledged', async (t) => {
  const url = await server.createDatabase();
  const ledger = await open(t, url);
  const kept: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const record = exchange();
    if ((await ledger.commit(record)).outcome === 'committed') kept.push(record.exchangeId);
  }
  await server.kill();
  const lost = await ledger.commit(exchange());
  assert.equal(lost.outcome === 'unrecorded' && lost.reason, 'unreachable');
  await assert.rejects(
    ledger.counts(),
    (error) =>
      error instanceof AlertsError &&
      error.code === 'STORE_UNREACHABLE' &&
      /127\.0\.0\.1/.test(error.message),
  );
  await server.restart();
  await until(async () => {
    const record = exchange();
    const { outcome } = await ledger.commit(record);
    if (outcome === 'committed') kept.push(record.exchangeId);
    return outcome === 'committed';
  }, 'the store records again');
  assert.equal(kept.length, 6);
  for (const exchangeId of kept) assert.ok(await ledger.readExchange(exchangeId), exchangeId);
});

test('a table that another connection has locked gives unrecorded: locked after the wait, then works again', async (t) => {
  const url = await server.createDatabase();
  const ledger = await open(t, url, { busyTimeoutMs: 200 });
  const other = new Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN; LOCK TABLE telltale.exchanges IN ACCESS EXCLUSIVE MODE');
  const outcome = await ledger.commit(exchange());
  await other.query('ROLLBACK');
  await other.end();
  assert.equal(outcome.outcome === 'unrecorded' && outcome.reason, 'locked');
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
});

test('a database that may only be read is refused when it is opened, and stays usable for others', async (t) => {
  const url = await server.createDatabase();
  const ledger = await open(t, url);
  const readOnly = `${url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
  await assert.rejects(
    open(t, readOnly),
    (error) => error instanceof AlertsError && error.code === 'STORE_UNWRITABLE',
  );
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
});

test('a server that does not sync, and one that is not there, are refused in words', async (t) => {
  const url = await server.createDatabase();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('ALTER SYSTEM SET fsync = off');
  await client.query('SELECT pg_reload_conf()');
  const isOff = async () => (await client.query('SHOW fsync')).rows[0]?.fsync === 'off';
  await until(isOff, 'the server no longer syncs');
  await client.end();
  const unsafe = (error: unknown) =>
    error instanceof AlertsError && error.code === 'STORE_UNSAFE' && /fsync = off/.test(error.message);
  await assert.rejects(open(t, url), unsafe);
  await server.stop();
  const gone = (error: unknown) =>
    error instanceof AlertsError && error.code === 'STORE_UNREACHABLE' && /ECONNREFUSED/.test(error.message);
  await assert.rejects(open(t, url.replace('telltale@', 'telltale:secret@')), gone);
  await open(t, url.replace('telltale@', 'telltale:secret@')).catch((error: Error) =>
    assert.doesNotMatch(error.message, /secret/),
  );
});
