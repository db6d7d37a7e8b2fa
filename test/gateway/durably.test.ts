import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../alerts/index.ts';
import { createHealth } from '../../gateway/health.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { createDurably } from '../../gateway/worker/durably.ts';
import { cleanUp, dataFolder } from '../alerts/cleanup.ts';
import { exchange } from '../alerts/records.ts';
import { until } from './until.ts';

async function setUp(t: TestContext) {
  const dataDir = dataFolder(t);
  const ledger = await createLedger({ dataDir, sinks: [] });
  const database = new DatabaseSync(join(dataDir, 'telltale.db'));
  cleanUp(t, () => ledger.close());
  cleanUp(t, () => database.close());
  const parts = { ledger, health: createHealth(false), log: createLogger('silent') };
  const durably = createDurably({ ...parts, abortSignal: t.signal });
  const refuse = (table: string) =>
    database.exec(`CREATE TRIGGER refuse_${table} BEFORE INSERT ON ${table}
      BEGIN SELECT RAISE(ABORT, 'refused by a trigger'); END`);
  const allow = (table: string) => database.exec(`DROP TRIGGER refuse_${table}`);
  return { ledger, durably, refuse, allow };
}

test('an exchange that cannot be written is one dead letter after the last attempt, and counts once', async (t) => {
  const { ledger, durably, refuse } = await setUp(t);
  refuse('exchanges');
  const outcome = await durably.commit(exchange());
  assert.equal(outcome.outcome === 'unrecorded' && outcome.isBuried, true);
  assert.equal((await ledger.deadLetters({ limit: 9 })).length, 1);
  assert.equal(ledger.stats().buried, 1);
});

test('an exchange that a later attempt records is no dead letter', async (t) => {
  const { ledger, durably, refuse, allow } = await setUp(t);
  refuse('exchanges');
  const committing = durably.commit(exchange());
  await until(() => (ledger.stats().unrecorded.error ?? 0) > 0);
  allow('exchanges');
  assert.equal((await committing).outcome, 'committed');
  assert.deepEqual(await ledger.deadLetters({ limit: 9 }), []);
});

test('an exchange that can be neither written nor buried is not given up: it waits until it can', async (t) => {
  const { ledger, durably, refuse, allow } = await setUp(t);
  refuse('exchanges');
  refuse('dead_letters');
  let isGivenUp = false;
  const record = exchange();
  const committing = durably.commit(record).finally(() => {
    isGivenUp = true;
  });
  await until(() => ledger.stats().failures.bury > 1);
  assert.equal(isGivenUp, false);
  allow('dead_letters');
  const outcome = await committing;
  assert.equal(outcome.outcome === 'unrecorded' && outcome.isBuried, true);
  const letters = await ledger.deadLetters({ limit: 9 });
  assert.deepEqual(
    letters.map(({ exchangeId }) => exchangeId),
    [record.exchangeId],
  );
});
