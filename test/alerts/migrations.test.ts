import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MIGRATIONS, migrate, schemaVersion } from '../../alerts/database/migrations.ts';
import { createLedger } from '../../alerts/index.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';

const SCHEMAS = join(import.meta.dirname, 'schemas');

test('there is a database of every version that was released', () => {
  const files = globSync('v*.sql', { cwd: SCHEMAS }).toSorted();
  assert.deepEqual(
    files,
    MIGRATIONS.map((_, index) => `v${index + 1}.sql`),
  );
});

for (const file of globSync('v*.sql', { cwd: SCHEMAS })) {
  test(`a database of ${file} opens with all that was in it`, async (t) => {
    const dataDir = dataFolder(t);
    const old = new DatabaseSync(join(dataDir, 'telltale.db'));
    old.exec(readFileSync(join(SCHEMAS, file), 'utf8'));
    old.close();
    const ledger = await createLedger({ dataDir, sinks: ['file'] });
    cleanUp(t, () => ledger.close());
    const [flagged] = await ledger.listFlagged();
    assert.equal(flagged?.exchangeId, 'flagged');
    assert.deepEqual([flagged?.review?.verdict, flagged?.review?.comment], ['correct', "it's so"]);
    assert.equal((await ledger.readExchange('flagged'))?.segments[0]?.signals['concept/deception']?.[1], 5.5);
    assert.equal((await ledger.readExchange('ordinary'))?.coverage[0]?.tokens, 13);
    const [waiting] = await ledger.take({ sink: 'file', limit: 9, exceptConversations: [] });
    assert.equal(waiting?.payload.exchangeId, 'flagged');
    assert.equal((await ledger.depth('kafka')).dead, 1);
    assert.equal((await ledger.counts()).exchanges, 3);
    const [letter] = await ledger.deadLetters({ sink: 'kafka', limit: 9 });
    assert.deepEqual([letter?.exchangeId, letter?.reason], ['flagged', 'too large']);
    const silences = await ledger.listSilences({});
    const known = file >= 'v3.sql' ? [{ id: 'night', heldBack: 7 }] : [];
    assert.deepEqual(
      silences.map(({ id, heldBack }) => ({ id, heldBack })),
      known,
    );
    assert.equal((await ledger.commit(exchange())).outcome, 'committed');
  });
}

test('exchanges of an older database are kept as long as their findings ask, those of rules in shadow aside', async (t) => {
  const dataDir = dataFolder(t);
  const path = join(dataDir, 'telltale.db');
  const old = new DatabaseSync(path);
  old.exec(readFileSync(join(SCHEMAS, 'v5.sql'), 'utf8'));
  const held = { alert_id: 'held', seq: 9, exchange_seq: 2, level_rank: 4, is_alerting: 0 };
  const findings = [
    { ...held, finding: '{"mode":"enforce","alert":{"isHeldBack":true}}' },
    {
      ...held,
      alert_id: 'quoting',
      seq: 10,
      exchange_seq: 3,
      finding: '{"mode":"shadow","x":"\\"mode\\":\\"flag\\""}',
    },
  ];
  for (const { alert_id, seq, exchange_seq, level_rank, is_alerting, finding } of findings) {
    old
      .prepare(`INSERT INTO findings (alert_id, seq, exchange_seq, rule_id, rule_name, rule_title, level_rank, is_alerting,
        excerpt, finding) VALUES (?, ?, ?, 'r', 'r', 'r', ?, ?, '', ?)`)
      .run(alert_id, seq, exchange_seq, level_rank, is_alerting, finding);
  }
  old.close();
  await (await createLedger({ dataDir, sinks: [] })).close();
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database
    .prepare('SELECT exchange_id, coalesce(kept_rank, level_rank) AS kept FROM exchanges')
    .all();
  database.close();
  assert.deepEqual(
    rows.map((row) => [row['exchange_id'], row['kept']]),
    [
      ['flagged', 3],
      ['ordinary', 4],
      ['shadowed', null],
    ],
  );
});

test('only the steps that are missing are taken, and a step that fails changes nothing', () => {
  const database = new DatabaseSync(':memory:');
  const first = 'CREATE TABLE one (x TEXT)';
  migrate(database, [first]);
  const broken = "CREATE TABLE two (x TEXT); INSERT INTO nowhere VALUES ('')";
  assert.throws(() => migrate(database, [first, broken]), /nowhere/);
  assert.equal(schemaVersion(database), 1);
  migrate(database, [first, 'CREATE TABLE two (x TEXT)', 'ALTER TABLE two ADD y TEXT']);
  assert.equal(schemaVersion(database), 3);
  database.close();
});

test('of two processes that open a new file at once each step is taken by one', (t) => {
  const path = join(dataFolder(t), 'telltale.db');
  const [one, other] = [new DatabaseSync(path), new DatabaseSync(path)];
  cleanUp(t, () => [one, other].map((database) => database.close()));
  const exec = other.exec.bind(other);
  let isFirst = true;
  other.exec = (sql) => {
    // Between its look at the version and its lock the other one is there.
    if (isFirst) {
      isFirst = false;
      migrate(one);
    }
    exec(sql);
  };
  migrate(other);
  assert.equal(isFirst, false);
  assert.equal(schemaVersion(one), MIGRATIONS.length);
});
