import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import {
  alertsOf,
  createLedger,
  createSilenceKeeper,
  createThreadedRelay,
  type Ledger,
  type ThreadedRelayParts,
} from '../../alerts/index.ts';
import { createFileReader } from '../../alerts/threaded-relay/file-reader.ts';
import { type RelayWorker, startRelayWorker } from '../../alerts/threaded-relay/relay-worker.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { makeTopic } from '../services/make-topic.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange, finding } from './records.ts';
import { until } from './sinks.ts';
import { forEachStore, type TestStore } from './stores.ts';
import { readTopic } from './topic-reader.ts';

/** A relay in a thread of its own, against a real broker, with both stores. */

let kafka: KafkaBroker;

before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

interface Options extends Partial<ThreadedRelayParts> {
  readonly store: TestStore;
  readonly names?: readonly string[];
}

async function start(t: TestContext, { store, names = ['kafka'], ...parts }: Options) {
  const { ledger, place } = await store.open(t, { sinks: names });
  const topic = `threaded-${crypto.randomUUID()}`;
  await makeTopic(kafkaClient(kafka.brokers), { topic, numPartitions: 3 });
  const lanes = names.map((name) => ({ kafka: { brokers: kafka.brokers, topic, name } }));
  const relay = createThreadedRelay({ ledger, lanes, backoff: { initialMs: 20, maxMs: 200 }, ...parts });
  relay.start();
  cleanUp(t, () => relay.stop({ deadlineMs: 1000 }));
  return { ledger, relay, topic, place };
}

async function commitAlerts(ledger: Ledger, count: number): Promise<string[]> {
  const records = Array.from({ length: count }, (_, index) => exchange({ conversationId: `c${index % 3}` }));
  const outcomes = await Promise.all(records.map(ledger.commit));
  assert.ok(outcomes.every(({ outcome }) => outcome === 'committed'));
  return records.flatMap((record) => alertsOf(record).map(({ id }) => id));
}

const isEmpty =
  (ledger: Ledger, sink = 'kafka') =>
  async () =>
    (await ledger.depth(sink)).depth === 0;

async function read(t: TestContext, topic: string) {
  const opened = await readTopic(kafka.brokers, topic);
  cleanUp(t, () => opened.close());
  return opened;
}

/** The ids of each of the three conversations, in the order of commits. */
function byConversation(ids: readonly string[], of: readonly string[]): string[][] {
  return [0, 1, 2].map((place) => ids.filter((id) => of.indexOf(id) % 3 === place && of.includes(id)));
}

forEachStore((store) => {
  test('what is committed arrives, in order for each conversation, and is struck off and counted', async (t) => {
    const { ledger, relay, topic } = await start(t, { store });
    const ids = await commitAlerts(ledger, 300);
    await until(async () => (await relay.stats())[0]?.delivered === 300, 'all are counted');
    const [lane] = await relay.stats();
    assert.deepEqual([lane?.sink, lane?.depth, lane?.dead, lane?.retried], ['kafka', 0, 0, 0]);
    const opened = await read(t, topic);
    await opened.untilIds(300);
    assert.deepEqual(byConversation(opened.ids(), ids), byConversation(ids, ids));
    assert.equal(opened.messages.length, 300, 'none came twice');
  });

  test('each sink has a lane; what its broker rejects is a dead letter with its reason', async (t) => {
    const { ledger, topic } = await store.open(t, { sinks: ['small', 'large'] }).then(async (opened) => {
      const topic = `sizes-${crypto.randomUUID()}`;
      await makeTopic(kafkaClient(kafka.brokers), { topic });
      return { ...opened, topic };
    });
    const shared = { brokers: kafka.brokers, topic };
    const lanes = [
      { kafka: { ...shared, name: 'small', maxMessageBytes: 100 } },
      { kafka: { ...shared, name: 'large' }, routing: { route: { min_level: 'critical' as const } } },
    ];
    const relay = createThreadedRelay({ ledger, lanes });
    relay.start();
    cleanUp(t, () => relay.stop({ deadlineMs: 1000 }));
    await ledger.commit(exchange());
    await ledger.commit(exchange({ findings: [finding({ level: 'critical' })] }));
    await until(isEmpty(ledger, 'small'), 'nothing waits for the one');
    await until(isEmpty(ledger, 'large'), 'nothing waits for the other');
    const held = async () => (await relay.stats()).find(({ sink }) => sink === 'large')?.held.route === 1;
    await until(held, 'what the route holds back is counted');
    const [small, large] = await relay.stats();
    assert.deepEqual([small?.dead, small?.delivered, large?.dead, large?.delivered], [2, 0, 0, 1]);
    assert.match(small?.lastError ?? '', /bytes, at most 100 are sent/);
  });

  test('a silence that is added while the thread is at work holds there, and what it holds back is counted', async (t) => {
    const opened = await store.open(t, { sinks: ['kafka'] });
    const onError = (error: unknown) => assert.fail(String(error));
    const keeper = await createSilenceKeeper({
      configured: [],
      store: opened.ledger,
      refreshMs: 20,
      onError,
    });
    const topic = `silent-${crypto.randomUUID()}`;
    await makeTopic(kafkaClient(kafka.brokers), { topic });
    const lanes = [{ kafka: { brokers: kafka.brokers, topic, name: 'kafka' } }];
    const { ledger } = opened;
    const relay = createThreadedRelay({ ledger, lanes, silences: keeper });
    relay.start();
    await commitAlerts(ledger, 1);
    await until(async () => (await relay.stats())[0]?.delivered === 1, 'nothing is silent');
    const { id } = await ledger.addSilence({
      matchers: { rules: ['dec*'] },
      author: 'kim',
      comment: 'load test',
      startsAt: '2020-01-01T00:00:00.000Z',
      endsAt: '2100-01-01T00:00:00.000Z',
    });
    await until(() => keeper.current().length === 1, 'the silence is known');
    // Told before: the thread hears of it before it hears of what is committed now.
    await commitAlerts(ledger, 3);
    await until(async () => (await relay.stats())[0]?.held.silence === 3, 'three are held back');
    await relay.stop({ deadlineMs: 10_000 });
    await keeper.close();
    assert.equal((await relay.stats())[0]?.delivered, 1);
    const [kept] = await ledger.listSilences({});
    assert.deepEqual([kept?.id, kept?.heldBack], [id, 3]);
  });

  test('a thread that ends by itself is told of and started again: nothing is lost, order and counts go on', async (t) => {
    const workers: RelayWorker[] = [];
    const lost: string[] = [];
    const { ledger, relay, topic } = await start(t, {
      store,
      batchSize: 8,
      onThreadLost: ({ code }) => lost.push(code),
      startWorker(data, answers) {
        const worker = startRelayWorker(data, answers);
        workers.push(worker);
        return worker;
      },
    });
    const ids = await commitAlerts(ledger, 60);
    await until(async () => ((await relay.stats())[0]?.delivered ?? 0) >= 60, 'the first are counted');
    const more = commitAlerts(ledger, 300);
    await until(async () => ((await relay.stats())[0]?.delivered ?? 0) > 60, 'it is at work');
    await workers[0]?.end();
    ids.push(...(await more));
    await until(() => workers.length > 1, 'another was started');
    await until(isEmpty(ledger), 'the rest was brought');
    assert.deepEqual(lost, ['WORKER_DIED']);
    assert.equal(workers.length, 2);
    const opened = await read(t, topic);
    await opened.untilIds(360);
    assert.deepEqual(byConversation(opened.ids(), ids), byConversation(ids, ids));
    assert.ok(opened.messages.length <= 360 + 16, 'at most two batches came twice');
    const stats = async () => (await relay.stats())[0];
    await until(async () => (await stats())?.failuresInARow === 0, 'it is well again');
    const delivered = (await stats())?.delivered ?? 0;
    assert.ok(delivered > 300 && delivered <= 360, `${delivered} of 360 were counted once`);
  });

  test('a stop delivers what is there; one whose broker is frozen ends in time, and the rest is brought later', async (t) => {
    const { ledger, relay, topic, place } = await start(t, { store });
    const ids = await commitAlerts(ledger, 30);
    await relay.stop({ deadlineMs: 120_000 });
    assert.equal((await ledger.depth('kafka')).depth, 0);
    assert.equal((await relay.stats())[0]?.delivered, 30, 'its counts outlive it');
    kafka.pause();
    cleanUp(t, () => kafka.resume());
    const lanes = [{ kafka: { brokers: kafka.brokers, topic, name: 'kafka' } }];
    const frozen = createThreadedRelay({ ledger, lanes });
    frozen.start();
    ids.push(...(await commitAlerts(ledger, 9)));
    await frozen.stop({ deadlineMs: 50 });
    assert.equal((await ledger.depth('kafka')).depth, 9, 'they wait on disk');
    kafka.resume();
    await ledger.close();
    const { ledger: again } = await store.open(t, { ...place, sinks: ['kafka'] });
    const next = createThreadedRelay({ ledger: again, lanes });
    next.start();
    cleanUp(t, () => next.stop({ deadlineMs: 1000 }));
    await until(isEmpty(again), 'they were brought');
    const opened = await read(t, topic);
    await opened.untilIds(39);
    assert.deepEqual(opened.ids().toSorted(), ids.toSorted());
  });
});

test('a store that was set aside and begun anew is read anew; one that is not there fails and is asked again', async (t) => {
  const dataDir = join(dataFolder(t), 'data');
  mkdirSync(dataDir);
  const path = join(dataDir, 'telltale.db');
  const reader = createFileReader({ kind: 'file', path, busyTimeoutMs: 2000, content: 'redacted' });
  cleanUp(t, () => reader.close());
  const take = async () =>
    (await reader.take({ sink: 'kafka', limit: 8, exceptConversations: [] })).map(
      ({ payload }) => payload.exchangeId,
    );
  await assert.rejects(take, /cannot read the outbox in .*telltale\.db/);
  const commit = async (exchangeId: string) => {
    const ledger = await createLedger({ dataDir, sinks: ['kafka'] });
    await ledger.commit(exchange({ exchangeId }));
    return ledger;
  };
  const first = await commit('one');
  assert.deepEqual(await take(), ['one']);
  await first.close();
  for (const suffix of ['', '-wal', '-shm']) {
    try {
      renameSync(path + suffix, `${path}.corrupt${suffix}`);
    } catch {
      // It was removed when the store was closed.
    }
  }
  const second = await commit('two');
  cleanUp(t, () => second.close());
  assert.deepEqual(await take(), ['two']);
});
