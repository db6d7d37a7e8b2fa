import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { AlertsError, createLedger } from '../../alerts/index.ts';
import { createPostgresDatabase } from '../../alerts/postgres/database.ts';
import { migratePostgres, POSTGRES_MIGRATIONS, postgresVersion } from '../../alerts/postgres/migrations.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';

let server: PostgresServer;

before(async () => {
  server = await startPostgres();
});
after(() => server?.close());

async function connect(t: TestContext) {
  const url = await server.createDatabase();
  const database = createPostgresDatabase({ url, lockTimeoutMs: 120_000, statementTimeoutMs: 120_000 });
  cleanUp(t, () => database.close());
  return { url, database };
}

/** A ledger that waits as long as a crowded machine may need. */
const at = (t: TestContext, databaseUrl: string) => ({
  dataDir: dataFolder(t),
  databaseUrl,
  commitTimeoutMs: 120_000,
  busyTimeoutMs: 120_000,
});

test('only the steps that are missing are taken, and a step that fails changes nothing', async (t) => {
  const { database } = await connect(t);
  const first = 'CREATE TABLE one (x TEXT)';
  await migratePostgres(database, 'here', [first]);
  const broken = "CREATE TABLE two (x TEXT); INSERT INTO nowhere VALUES ('')";
  await assert.rejects(migratePostgres(database, 'here', [first, broken]), /nowhere/);
  assert.equal(await postgresVersion(database.query), 1);
  await migratePostgres(database, 'here', [first, 'CREATE TABLE two (x TEXT)', 'ALTER TABLE two ADD y TEXT']);
  assert.equal(await postgresVersion(database.query), 3);
  await database.query("INSERT INTO two (y) VALUES ('')");
});

const OLD_EXCHANGE = `INSERT INTO exchanges (exchange_id, conversation_id, started_at, ended_at, route, dialect, status,
  is_streamed, verdict, featureset_digest) VALUES ('old', 'c', '2026-11-26T12:00:00Z', '2026-11-26T12:00:01Z', '/v1/x',
  'openai-chat', 200, false, 'pass', 'f1')`;

for (const version of POSTGRES_MIGRATIONS.keys()) {
  if (version === 0) continue;
  test(`a database of version ${version} opens with what was in it, and takes silences, exchanges to be scored and a key`, async (t) => {
    const { url, database } = await connect(t);
    await migratePostgres(database, 'here', POSTGRES_MIGRATIONS.slice(0, version));
    await database.query(OLD_EXCHANGE);
    const ledger = await createLedger({ dataDir: dataFolder(t), databaseUrl: url, sinks: [] });
    cleanUp(t, () => ledger.close());
    assert.equal(await postgresVersion(database.query), POSTGRES_MIGRATIONS.length);
    assert.equal((await ledger.readExchange('old'))?.conversationId, 'c');
    assert.deepEqual(await ledger.listSilences({}), []);
    const waiting = { exchangeId: 'new', conversationId: 'c', body: '{}' };
    assert.equal((await ledger.unscored.add(waiting)).outcome, 'committed');
    const key = Buffer.alloc(32, 7);
    assert.ok(key.equals(await ledger.sharedKey(key)));
  });
}

test('exchanges of an older database are kept as long as their findings ask', async (t) => {
  const { url, database } = await connect(t);
  const before = POSTGRES_MIGRATIONS.findIndex((step) => step.includes('ADD COLUMN kept_rank'));
  await migratePostgres(database, 'here', POSTGRES_MIGRATIONS.slice(0, before));
  await database.query(OLD_EXCHANGE);
  await database.query(`INSERT INTO findings (alert_id, exchange_seq, rule_id, rule_name, rule_title, level_rank,
    is_alerting, excerpt, finding) SELECT 'a', seq, 'r', 'r', 'r', 4, false, '""', '{"mode":"flag"}' FROM exchanges`);
  await (await createLedger({ ...at(t, url), sinks: [] })).close();
  const rows = await database.query<{ kept: number }>(
    'SELECT kept_rank AS kept, level_rank AS shown FROM exchanges',
  );
  assert.deepEqual(rows, [{ kept: 4, shown: null }]);
});

test('replicas that start together on an empty database make its tables once', async (t) => {
  const { url } = await connect(t);
  const open = async () => {
    const ledger = await createLedger({ ...at(t, url), sinks: [] });
    cleanUp(t, () => ledger.close());
    return ledger;
  };
  const ledgers = await Promise.all([open(), open(), open()]);
  const outcomes = await Promise.all(ledgers.map((ledger) => ledger.commit(exchange())));
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['committed', 'committed', 'committed'],
  );
  assert.equal((await ledgers[0]?.counts())?.flagged, 3);
});

test('a database of a later version is refused and left as it is', async (t) => {
  const { url, database } = await connect(t);
  const open = () => createLedger({ ...at(t, url), sinks: [] });
  await (await open()).close();
  await database.query('UPDATE schema_version SET version = 99');
  await assert.rejects(
    open(),
    (error) =>
      error instanceof AlertsError &&
      error.code === 'SCHEMA_NEWER' &&
      /schema version 99/.test(error.message) &&
      error.message.includes('/store_'),
  );
  assert.equal(await postgresVersion(database.query), 99);
});
