import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Alert, createLedger, createRelay, type Ledger, type Sink } from '../../alerts/index.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { createListSink, until } from './sinks.ts';

const BACKOFF = { initialMs: 5, maxMs: 20 };

interface Change {
  readonly dataDir?: string;
  readonly batchSize?: number;
  readonly settle?: (ledger: Ledger) => Ledger['settle'];
  /** The test starts the relay itself. */
  readonly startsLater?: boolean;
}

async function start(t: TestContext, sinks: readonly Sink[], change: Change = {}) {
  const { dataDir = dataFolder(t), batchSize = 8, settle, startsLater = false } = change;
  const ledger = await createLedger({
    dataDir,
    sinks: sinks.map(({ name }) => name),
    commitTimeoutMs: 120_000,
  });
  const outbox = { ...ledger, ...(settle && { settle: settle(ledger) }) };
  const relay = createRelay({ outbox, sinks, batchSize, backoff: BACKOFF });
  if (!startsLater) relay.start();
  cleanUp(t, async () => {
    await relay.stop({ deadlineMs: 100 });
    await ledger.close();
  });
  return { ledger, relay, dataDir };
}

async function commitAlerts(ledger: Ledger, conversations: readonly string[]): Promise<string[]> {
  const outcomes = [];
  for (const conversationId of conversations)
    outcomes.push(await ledger.commit(exchange({ conversationId })));
  return outcomes.flatMap((outcome) => (outcome.outcome === 'committed' ? outcome.alertIds : []));
}

const order = (alerts: readonly Alert[], conversation: string) =>
  alerts.filter(({ conversationId }) => conversationId === conversation).map(({ exchangeId }) => exchangeId);

test('every alert arrives, in the order of commits, and leaves the outbox', async (t) => {
  const sink = createListSink();
  const { ledger, relay } = await start(t, [sink]);
  const ids = await commitAlerts(ledger, ['a', 'b', 'a', 'c', 'a', 'b']);
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.deepEqual(sink.taken, ids);
  const [stats] = await relay.stats();
  assert.equal(stats?.delivered, 6);
  assert.deepEqual([stats?.depth, stats?.dead, stats?.oldestAgeMs], [0, 0, 0]);
});

test('what a sink refuses for now is brought again, and no later alert of the conversation passes it', async (t) => {
  const sink = createListSink();
  let refusals = 0;
  sink.answer = (alert) => {
    if (alert.conversationId !== 'a' || refusals >= 3) return { outcome: 'delivered' };
    refusals += 1;
    return { outcome: 'retry', reason: 'not now' };
  };
  const { ledger, relay } = await start(t, [sink]);
  const ids = await commitAlerts(ledger, ['a', 'b', 'a', 'b', 'a', 'b']);
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.deepEqual(sink.taken.toSorted(), ids.toSorted());
  const expected = (await ledger.listFlagged()).map(({ exchangeId }) => exchangeId).reverse();
  assert.deepEqual(
    order(sink.alerts, 'a'),
    expected.filter((_, index) => index % 2 === 0),
  );
  assert.equal((await relay.stats())[0]?.lastError, 'not now');
});

test('a conversation that keeps failing does not keep the others, however many alerts it has', async (t) => {
  const sink = createListSink();
  sink.answer = ({ conversationId }) =>
    conversationId === 'stuck' ? { outcome: 'retry', reason: 'never' } : { outcome: 'delivered' };
  const { ledger } = await start(t, [sink]);
  await commitAlerts(ledger, ['first', ...Array<string>(20).fill('stuck'), 'free-1', 'free-2']);
  await until(async () => (await ledger.depth('list')).depth === 20, 'the others are struck off');
  assert.equal(sink.taken.length, 3);
});

test('what was taken ahead is not delivered before an alert of its conversation that was refused', async (t) => {
  const sink = createListSink();
  let refusals = 0;
  sink.answer = () => {
    if (refusals >= 3) return { outcome: 'delivered' };
    refusals += 1;
    return { outcome: 'retry', reason: 'not now' };
  };
  const { ledger } = await start(t, [sink], { batchSize: 2 });
  const ids = await commitAlerts(ledger, Array<string>(9).fill('a'));
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.deepEqual(sink.taken, ids);
});

test('what was delivered and could not be struck off is struck off later, and not delivered again', async (t) => {
  const sink = createListSink();
  let settlements = 0;
  const settle = (ledger: Ledger): Ledger['settle'] => {
    return async (settlement) => {
      settlements += 1;
      const { deliveries } = sink;
      // The first fails when the next batch has been delivered already.
      if (settlements === 1) await until(() => sink.deliveries > deliveries, 'the next delivery is over');
      if (settlements % 3 !== 0) throw new Error('the store is away');
      await ledger.settle(settlement);
    };
  };
  const { ledger, relay } = await start(t, [sink], { batchSize: 2, settle, startsLater: true });
  const ids = await commitAlerts(ledger, ['a', 'b', 'a', 'c', 'a', 'b', 'd']);
  // All are there: where nothing more waits, a relay strikes off what it has before it looks again.
  relay.start();
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.deepEqual(sink.taken, ids);
  await until(async () => (await relay.stats())[0]?.delivered === 7, 'they are counted');
});

test('what a sink rejects is a dead letter with its reason; the rest goes on', async (t) => {
  const sink = createListSink();
  sink.answer = ({ conversationId }) =>
    conversationId === 'bad'
      ? { outcome: 'rejected', reason: 'too large: 2000000 bytes' }
      : { outcome: 'delivered' };
  const { ledger, relay } = await start(t, [sink]);
  await commitAlerts(ledger, ['good', 'bad', 'good']);
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.equal(sink.taken.length, 2);
  assert.equal((await ledger.depth('list')).dead, 1);
  assert.equal((await relay.stats())[0]?.lastError, 'too large: 2000000 bytes');
});

test('a sink that hangs or throws delays no other sink and no commit', async (t) => {
  const hanging = createListSink('hanging');
  hanging.answer = () => new Promise(() => {});
  const throwing = createListSink('throwing');
  throwing.answer = () => {
    throw new Error('broken sink');
  };
  const fine = createListSink('fine');
  const { ledger, relay } = await start(t, [hanging, throwing, fine]);
  const ids = await commitAlerts(ledger, ['a', 'b', 'c']);
  await until(() => fine.taken.length === 3, 'the working sink has all');
  assert.deepEqual(fine.taken, ids);
  await until(async () => (await relay.stats())[1]?.lastError === 'throwing threw: broken sink', 'it threw');
  assert.equal((await ledger.depth('hanging')).depth, 3);
});

test('a sink that is down for long is asked less and less, and at once when it is stopped', async (t) => {
  const sink = createListSink();
  sink.answer = () => ({ outcome: 'retry', reason: 'down' });
  const dataDir = dataFolder(t);
  const ledger = await createLedger({ dataDir, sinks: ['list'] });
  cleanUp(t, () => ledger.close());
  const relay = createRelay({ outbox: ledger, sinks: [sink], backoff: { initialMs: 1, maxMs: 600_000 } });
  relay.start();
  await commitAlerts(ledger, ['a']);
  await until(async () => ((await relay.stats())[0]?.failuresInARow ?? 0) >= 6, 'it failed six times');
  sink.answer = () => ({ outcome: 'delivered' });
  await relay.stop({ deadlineMs: 60_000 });
  assert.equal(sink.taken.length, 1);
});

test('stop delivers what is there', async (t) => {
  const sink = createListSink();
  const { ledger, relay } = await start(t, [sink]);
  const ids = await commitAlerts(ledger, Array<string>(30).fill('a'));
  await relay.stop({ deadlineMs: 60_000 });
  assert.deepEqual(sink.taken, ids);
});

test('stop gives up at its deadline what a sink holds, and leaves it in the outbox', async (t) => {
  const hanging = createListSink('hanging');
  hanging.answer = () => new Promise(() => {});
  const { ledger, relay } = await start(t, [hanging]);
  await commitAlerts(ledger, Array<string>(30).fill('a'));
  await until(() => hanging.deliveries === 1, 'the sink holds some');
  await relay.stop({ deadlineMs: 50 });
  assert.equal((await ledger.depth('hanging')).depth, 30);
});

test('a new relay on the same data goes on where the old one stopped', async (t) => {
  const down = createListSink();
  down.answer = () => ({ outcome: 'retry', reason: 'down' });
  const first = await start(t, [down]);
  const ids = await commitAlerts(first.ledger, ['a', 'b', 'a']);
  await first.relay.stop({ deadlineMs: 1000 });
  await first.ledger.close();
  const up = createListSink();
  await start(t, [up], { dataDir: first.dataDir });
  await until(() => up.taken.length === 3, 'the new relay brought them');
  assert.deepEqual(up.taken, ids);
});
