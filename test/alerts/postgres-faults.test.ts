import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { AlertsError, createLedger, type LedgerOptions, type UnrecordedReason } from '../../alerts/index.ts';
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
  const ledger = await open(t, url, { leaseMs: 300 });
  await ledger.take({ sink: 'list', limit: 1, exceptConversations: [] });
  const kept: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const record = exchange();
    if ((await ledger.commit(record)).outcome === 'committed') kept.push(record.exchangeId);
  }
  const { failures } = ledger.stats();
  assert.deepEqual([failures.news, failures.leases], [0, 0]);
  await server.kill();
  await until(() => ledger.stats().failures.news > 0, 'the loss of the news is counted');
  await until(() => ledger.stats().failures.leases > 0, 'the leases that are not renewed are counted');
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

test('what others say in the channel of the news ends nothing: it is counted, and news are still heard', async (t) => {
  const url = await server.createDatabase();
  const ledger = await open(t, url);
  const heard: string[] = [];
  ledger.onCommitted(({ exchangeId }) => heard.push(exchangeId));
  const other = new Client({ connectionString: url });
  await other.connect();
  await until(async () => {
    const { rows } = await other.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    );
    return rows.length > 0;
  }, 'the ledger listens');
  const said = ['', '{', '{"committed":5}', '{"owner":"x","committed":[null]}'];
  for (const payload of said) await other.query("SELECT pg_notify('telltale_committed', $1)", [payload]);
  const news = { exchangeId: 'e', cursor: 1, isFlagged: true, alerts: 1 };
  const payload = JSON.stringify({ owner: 'x', committed: [news] });
  await other.query("SELECT pg_notify('telltale_committed', $1)", [payload]);
  await other.end();
  await until(() => heard.length > 0, 'the news was heard');
  assert.deepEqual(heard, ['e']);
  assert.equal(ledger.stats().failures.news, said.length);
});

test('what fails while nobody waits for it is counted by what it was', async (t) => {
  const url = await server.createDatabase();
  const days = { none: 1, informational: 1, low: 1, medium: 1, high: 1, critical: 1 };
  const ledger = await open(t, url);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE FUNCTION telltale.refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE 'refused'; END $$`);
  for (const table of ['exchanges', 'dead_letters']) {
    await client.query(`CREATE TRIGGER refuse BEFORE INSERT OR DELETE ON telltale.${table}
      FOR EACH STATEMENT EXECUTE FUNCTION telltale.refuse()`);
  }
  await client.end();
  assert.equal((await ledger.commit(exchange())).outcome, 'unrecorded');
  assert.equal(ledger.stats().failures.bury, 1);
  assert.equal(ledger.stats().buried, 0);
  const keeping = await open(t, url, { retentionDays: days });
  await until(() => keeping.stats().failures.retention > 0, 'the sweep that failed is counted');
});

/** What a server lacks, as it says it. */
const LACKING: readonly (readonly [code: string, reason: UnrecordedReason])[] = [
  ['53000', 'io_error'],
  ['53200', 'io_error'],
  ['53400', 'io_error'],
  ['42501', 'read_only'],
  ['42P01', 'corrupt'],
  ['3F000', 'corrupt'],
];

test('what a server lacks is trouble of the store: no exchange is a dead letter for it', async (t) => {
  const url = await server.createDatabase();
  const ledger = await open(t, url);
  const client = new Client({ connectionString: url });
  await client.connect();
  cleanUp(t, () => client.end());
  const refuse = (code: string) =>
    client.query(`CREATE OR REPLACE FUNCTION telltale.refuse() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE 'lacking' USING ERRCODE = '${code}'; END $$`);
  await refuse('53000');
  await client.query(`CREATE TRIGGER refuse BEFORE INSERT ON telltale.exchanges
    FOR EACH STATEMENT EXECUTE FUNCTION telltale.refuse()`);
  for (const [code, reason] of LACKING) {
    await refuse(code);
    const outcome = await ledger.commit(exchange());
    assert.equal(outcome.outcome === 'unrecorded' && outcome.reason, reason, code);
  }
  assert.deepEqual(await ledger.deadLetters({ limit: 9 }), []);
  await client.query('DROP TRIGGER refuse ON telltale.exchanges');
  await client.query('ALTER TABLE telltale.coverage RENAME TO elsewhere');
  const outcome = await ledger.commit(exchange());
  assert.equal(outcome.outcome === 'unrecorded' && outcome.reason, 'corrupt');
  await client.query('ALTER TABLE telltale.elsewhere RENAME TO coverage');
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
});

test('rows that the database kept back from an erasure are found, in whatever table', async (t) => {
  const url = await server.createDatabase();
  const ledger = await open(t, url);
  await ledger.commit(exchange({ exchangeId: 'mine' }));
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE FUNCTION telltale.keep() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RETURN NULL; END $$`);
  await client.query(`CREATE TRIGGER keep BEFORE DELETE ON telltale.segments
    FOR EACH ROW EXECUTE FUNCTION telltale.keep()`);
  const { rows } = await client.query('SELECT FROM telltale.segments');
  await client.end();
  const { scan, removed } = await ledger.erase({ by: 'exchange', value: 'mine' });
  assert.equal(removed.segments, 0);
  assert.ok(rows.length > 0);
  assert.equal(scan.foundAfter, rows.length);
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
