import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { createLedger, createRelay } from '../../alerts/index.ts';
import { createPostgresDatabase } from '../../alerts/postgres/database.ts';
import { createLeases } from '../../alerts/postgres/leases.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { startService } from '../services/service-process.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { createListSink, type ListSink, until } from './sinks.ts';

/** Several relays on one database: order for each conversation, nothing lost, whoever dies. */

let server: PostgresServer;

before(async () => {
  server = await startPostgres();
});
after(() => server?.close());

/** Longer than the tests are ever kept from renewing theirs. */
const LEASE_MS = 12_000;
/** Of a process that is killed: so long the others wait for its part. */
const SHORT_LEASE_MS = 1_500;
const BACKOFF = { initialMs: 5, maxMs: 50 };

async function openLedger(t: TestContext, databaseUrl: string) {
  const ledger = await createLedger({
    dataDir: dataFolder(t),
    databaseUrl,
    sinks: ['list'],
    leaseMs: LEASE_MS,
    commitTimeoutMs: 120_000,
    busyTimeoutMs: 120_000,
  });
  cleanUp(t, () => ledger.close());
  return ledger;
}

async function startRelay(t: TestContext, databaseUrl: string) {
  const ledger = await openLedger(t, databaseUrl);
  const sink = createListSink();
  const relay = createRelay({ outbox: ledger, sinks: [sink], batchSize: 8, backoff: BACKOFF, idleMs: 200 });
  relay.start();
  const stop = () => relay.stop({ deadlineMs: 1_000 });
  cleanUp(t, stop);
  return { ledger, sink, stop };
}

const conversationsOf = (sink: ListSink) => new Set(sink.alerts.map(({ conversationId }) => conversationId));

/** First arrivals of one conversation, in order. */
function firstArrivals(
  order: readonly { conversationId: string; exchangeId: string }[],
  conversation: string,
) {
  const ids = order
    .filter(({ conversationId }) => conversationId === conversation)
    .map((one) => one.exchangeId);
  return [...new Set(ids)];
}

test('two relays share the conversations, none is brought by both, and each comes in order', async (t) => {
  const url = await server.createDatabase();
  const one = await startRelay(t, url);
  const two = await startRelay(t, url);
  const conversations = Array.from({ length: 12 }, (_, index) => `c-${index}`);
  // Whichever begins has everything; the other is dealt its share when that one next renews its leases.
  await until(async () => {
    await Promise.all(conversations.map((conversationId) => one.ledger.commit(exchange({ conversationId }))));
    return one.sink.taken.length > 0 && two.sink.taken.length > 0;
  }, 'each relay has a share');
  await until(async () => (await one.ledger.depth('list')).depth === 0, 'the outbox is empty');
  const [before1, before2] = [one.sink.alerts.length, two.sink.alerts.length];
  const sent: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    const { ledger } = round % 2 === 0 ? one : two;
    const records = conversations.map((conversationId) =>
      exchange({ conversationId, exchangeId: `${conversationId}-${round}` }),
    );
    await Promise.all(records.map(ledger.commit));
    sent.push(...records.map(({ exchangeId }) => exchangeId));
  }
  await until(async () => (await one.ledger.depth('list')).depth === 0, 'the outbox is empty again');
  const alerts = [one.sink.alerts.slice(before1), two.sink.alerts.slice(before2)];
  assert.deepEqual(
    alerts
      .flat()
      .map(({ exchangeId }) => exchangeId)
      .toSorted(),
    sent.toSorted(),
  );
  assert.ok(
    alerts.every((taken) => taken.length > 0),
    'both brought some',
  );
  for (const conversation of conversations) {
    const expected = [0, 1, 2, 3].map((round) => `${conversation}-${round}`);
    assert.ok(
      alerts.some((taken) => firstArrivals(taken, conversation).join() === expected.join()),
      `${conversation} came whole and in order from one relay`,
    );
  }
  assert.ok(conversationsOf(one.sink).size > 0);
});

test('a relay that is killed at work loses nothing: another takes over, and order holds', async (t) => {
  const url = await server.createDatabase();
  const conversations = Array.from({ length: 8 }, (_, index) => `c-${index}`);
  const script = new URL('./relaying-process.ts', import.meta.url).pathname;
  const command = process.execPath;
  const args = ['--disable-warning=ExperimentalWarning', script, url, String(SHORT_LEASE_MS)];
  const victim = await startService({ command, args, readyWhen: /took/, readyTimeoutMs: 120_000 });
  // It delivers slowly and is killed with alerts in its hands.
  const lines = () =>
    victim
      .output()
      .split('\n')
      .filter((line) => line.startsWith('took '));
  await until(() => lines().length >= 10, 'the first relay delivered some');
  await victim.kill();
  const brought = lines().map((line) => {
    const [, conversationId = '', exchangeId = ''] = line.split(' ');
    return { conversationId, exchangeId };
  });
  const { ledger, sink } = await startRelay(t, url);
  await until(async () => (await ledger.depth('list')).depth === 0, 'the other relay took over');
  const order = [...brought, ...sink.alerts];
  for (const conversation of conversations) {
    const expected = Array.from({ length: 10 }, (_, round) => `${conversation}-${round}`);
    assert.deepEqual(firstArrivals(order, conversation), expected);
  }
  assert.ok(order.length - 80 <= 16, `${order.length - 80} duplicates, at most two batches`);
});

test('a replica that commits wakes the relay of another, and its listeners hear of it', async (t) => {
  const url = await server.createDatabase();
  const listening = await openLedger(t, url);
  const committing = await openLedger(t, url);
  const heard: string[] = [];
  listening.onCommitted(({ exchangeId }) => heard.push(exchangeId));
  const sent: string[] = [];
  await until(async () => {
    const record = exchange();
    sent.push(record.exchangeId);
    await committing.commit(record);
    return heard.length > 0;
  }, 'the other replica heard');
  assert.ok(sent.includes(heard[0] ?? ''));
});

test('leases that are given back while they are being renewed stay given back', async (t) => {
  const url = await server.createDatabase();
  await openLedger(t, url);
  const database = createPostgresDatabase({ url, lockTimeoutMs: 10_000, statementTimeoutMs: 30_000 });
  cleanUp(t, () => database.close());
  const gate = Promise.withResolvers<void>();
  const happened: string[] = [];
  let renewals = 0;
  const slow: typeof database = {
    ...database,
    async transaction(work) {
      renewals += 1;
      if (renewals > 1) await gate.promise;
      return database.transaction(work).finally(() => happened.push('renewed'));
    },
    query(sql, values) {
      if (sql.startsWith('DELETE')) happened.push('given back');
      return database.query(sql, values);
    },
  };
  const leases = createLeases({ database: slow, owner: 'one', leaseMs: 60, onFailure: () => {} });
  await leases.hold('list');
  await until(() => renewals > 1, 'a renewal is under way');
  happened.length = 0;
  const released = leases.release();
  gate.resolve();
  await released;
  assert.equal(happened[0], 'renewed');
  assert.equal(happened.at(-1), 'given back');
  const held = await database.query<{ held: number }>('SELECT count(*) AS held FROM leases');
  assert.deepEqual(held, [{ held: 0 }]);
});
