import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import {
  type Alert,
  alertsOf,
  createKafkaSink,
  createLedger,
  createRelay,
  detectionFindingSchema,
  type KafkaSinkOptions,
  type Ledger,
} from '../../alerts/index.ts';
import { consumeAlerts, type Handed } from '../../docs/examples/alert-consumer.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { makeTopic } from '../services/make-topic.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange, finding } from './records.ts';
import { until } from './sinks.ts';
import { readTopic } from './topic-reader.ts';

let kafka: KafkaBroker;

before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

interface Options extends Partial<KafkaSinkOptions> {
  readonly dataDir?: string;
  readonly deliverTimeoutMs?: number;
}

async function start(
  t: TestContext,
  { dataDir = dataFolder(t), deliverTimeoutMs = 10_000, ...options }: Options,
) {
  const sink = createKafkaSink({ brokers: kafka.brokers, ...options });
  const ledger = await createLedger({ dataDir, sinks: [sink.name] });
  const backoff = { initialMs: 20, maxMs: 200 };
  const relay = createRelay({ outbox: ledger, sinks: [sink], backoff, deliverTimeoutMs });
  relay.start();
  cleanUp(t, async () => {
    await relay.stop({ deadlineMs: 1000 });
    await sink.close();
    await ledger.close();
  });
  return { ledger, relay };
}

async function reader(t: TestContext, topic: string) {
  const opened = await readTopic(kafka.brokers, topic);
  cleanUp(t, () => opened.close());
  return opened;
}

const makeTopicHere = (topic: string) => makeTopic(kafkaClient(kafka.brokers), { topic, numPartitions: 3 });

async function commitAlerts(ledger: Ledger, count: number): Promise<string[]> {
  const records = Array.from({ length: count }, (_, index) => exchange({ conversationId: `c${index % 3}` }));
  const outcomes = await Promise.all(records.map(ledger.commit));
  assert.ok(outcomes.every(({ outcome }) => outcome === 'committed'));
  return records.flatMap((record) => alertsOf(record).map(({ id }) => id));
}

const isEmpty = (ledger: Ledger) => async () => (await ledger.depth('kafka')).depth === 0;

test('another consumer reads the alert: its conversation as key, CloudEvents headers, an OCSF finding', async (t) => {
  const { ledger } = await start(t, { source: '/gateways/one', reviewUrl: 'http://127.0.0.1:8081' });
  const record = exchange({ conversationId: 'gespräch-1' });
  await ledger.commit(record);
  await until(isEmpty(ledger), 'it was relayed');
  const { messages, untilIds } = await reader(t, 'telltale.alerts');
  await untilIds(1);
  const [message] = messages;
  const id = alertsOf(record)[0]?.id;
  assert.equal(message?.key, 'gespräch-1');
  assert.deepEqual(message?.headers, {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/gateways/one',
    ce_type: 'telltale.detection_finding.v1',
    ce_time: record.endedAt,
    ce_subject: record.exchangeId,
    ce_partitionkey: 'gespräch-1',
    'content-type': 'application/json',
  });
  const event = detectionFindingSchema.parse(JSON.parse(message?.value ?? ''));
  assert.equal(event.finding_info.uid, id);
  assert.equal(event.finding_info.src_url, `http://127.0.0.1:8081/?exchange=${record.exchangeId}`);
  assert.ok(!message?.value.includes('moved the money'), 'no readable text leaves by default');
});

test('a broker that is down at start fails nothing; what was committed meanwhile arrives in order', async (t) => {
  await kafka.stop();
  const { ledger, relay } = await start(t, { topic: 'down-at-start' });
  const ids = await commitAlerts(ledger, 200);
  await until(async () => ((await relay.stats())[0]?.failuresInARow ?? 0) >= 2, 'the relay tried twice');
  assert.equal((await relay.stats())[0]?.depth, 200);
  await kafka.restart();
  await until(isEmpty(ledger), 'all was relayed');
  const read = await reader(t, 'down-at-start');
  await read.untilIds(200);
  assert.deepEqual(inOrder(read.ids(), ids), byConversation(ids));
});

test('a broker killed at work loses nothing: all arrives once or more, first arrivals in order', async (t) => {
  const { ledger } = await start(t, { topic: 'killed' });
  const ids: string[] = [];
  for (let round = 0; round < 30; round += 1) {
    ids.push(...(await commitAlerts(ledger, 9)));
    if (round === 10) await kafka.kill();
    if (round === 20) await kafka.restart();
  }
  await until(isEmpty(ledger), 'all was relayed');
  const read = await reader(t, 'killed');
  await read.untilIds(ids.length);
  assert.deepEqual(inOrder(read.ids(), ids), byConversation(ids));
});

test('a frozen broker is given up in time, and what it then stores unasked displaces nothing', async (t) => {
  await makeTopicHere('frozen');
  const { ledger, relay } = await start(t, { topic: 'frozen', deliverTimeoutMs: 3000 });
  const ids = await commitAlerts(ledger, 3);
  await until(isEmpty(ledger), 'the first were relayed');
  kafka.pause();
  ids.push(...(await commitAlerts(ledger, 3)));
  await until(async () => ((await relay.stats())[0]?.failuresInARow ?? 0) >= 1, 'one delivery was given up');
  ids.push(...(await commitAlerts(ledger, 6)));
  kafka.resume();
  await until(isEmpty(ledger), 'all was relayed');
  const read = await reader(t, 'frozen');
  await read.untilIds(ids.length);
  assert.deepEqual(inOrder(read.ids(), ids), byConversation(ids));
});

test('after a request without an answer, others are not sent under its numbers and dropped as its duplicates', async (t) => {
  await makeTopicHere('numbers');
  const sink = createKafkaSink({ brokers: kafka.brokers, topic: 'numbers', requestTimeoutMs: 1000 });
  cleanUp(t, () => sink.close());
  const alerts = ['first', 'unanswered', 'other'].flatMap(() => alertsOf(exchange()));
  const deliver = async (index: number) =>
    (await sink.deliver(alerts.slice(index, index + 1), AbortSignal.timeout(120_000)))[0]?.outcome;
  await until(async () => (await deliver(0)) === 'delivered', 'the first was delivered');
  kafka.pause();
  assert.equal(await deliver(1), 'retry');
  kafka.resume();
  await until(async () => (await deliver(2)) === 'delivered', 'the other was delivered');
  await until(async () => (await deliver(1)) === 'delivered', 'the unanswered one was delivered');
  const read = await reader(t, 'numbers');
  await read.untilIds(3);
});

test('an event that the broker finds too large is a dead letter, and those sent with it arrive', async (t) => {
  const { ledger, relay } = await start(t, { topic: 'large', maxMessageBytes: 5_000_000 });
  const features = Array.from({ length: 20_000 }, (_, index) => ({
    index,
    label: 'x'.repeat(80),
    value: 1,
    share: 0,
  }));
  const large = exchange({ conversationId: 'c0', findings: [finding({ features })] });
  const small = [exchange({ conversationId: 'c0' }), exchange({ conversationId: 'c0' })] as const;
  await Promise.all([small[0], large, small[1]].map(ledger.commit));
  await until(isEmpty(ledger), 'nothing waits');
  const read = await reader(t, 'large');
  await read.untilIds(2);
  assert.deepEqual(
    read.ids(),
    small.flatMap((record) => alertsOf(record).map(({ id }) => id)),
  );
  const [stats] = await relay.stats();
  assert.equal(stats?.dead, 1);
  assert.match(stats?.lastError ?? '', /larger than the max message size/);
});

test('a topic that may not be made is waited for', async (t) => {
  const { ledger, relay } = await start(t, { topic: 'not-there', canCreateTopic: false });
  await commitAlerts(ledger, 3);
  const reason = /does not host this topic-partition/;
  await until(async () => reason.test((await relay.stats())[0]?.lastError ?? ''), 'it said why');
  await makeTopicHere('not-there');
  await until(isEmpty(ledger), 'all was relayed');
  await (await reader(t, 'not-there')).untilIds(3);
});

for (const when of ['after-commit', 'after-delivery']) {
  test(`kill -9 ${when.replace('-', ' ')}: after a restart every alert arrives, once or more, with one id`, async (t) => {
    const dataDir = dataFolder(t);
    const script = join(import.meta.dirname, 'committing-process.ts');
    const child = spawnSync(process.execPath, [script, dataDir, when], { encoding: 'utf8' });
    assert.equal(child.signal, 'SIGKILL', child.stderr);
    const ids = child.stdout.split('\n');
    assert.equal(ids.length, 3);
    const { ledger } = await start(t, { topic: when, dataDir });
    await until(isEmpty(ledger), 'all was relayed');
    const read = await reader(t, when);
    await read.untilIds(3);
    assert.deepEqual(read.ids().toSorted(), ids.toSorted());
  });
}

/** The ids of each of the three conversations, in the order of commits. */
function byConversation(ids: readonly string[]): string[][] {
  return [0, 1, 2].map((conversation) => ids.filter((_, index) => index % 3 === conversation));
}

/** What was read, sorted into the conversations of what was committed. */
function inOrder(read: readonly string[], committed: readonly string[]): string[][] {
  return byConversation(committed).map((ids) => read.filter((id) => ids.includes(id)));
}

test('a topic that is deleted at work is made again', async (t) => {
  const topic = 'deleted';
  const { ledger } = await start(t, { topic });
  await commitAlerts(ledger, 3);
  await until(isEmpty(ledger), 'the first were relayed');
  const admin = kafkaClient(kafka.brokers).admin();
  await admin.connect();
  cleanUp(t, () => admin.disconnect());
  await admin.deleteTopics({ topics: [topic] });
  await until(async () => !(await admin.listTopics()).includes(topic), 'the topic is gone');
  const ids = await commitAlerts(ledger, 3);
  await until(isEmpty(ledger), 'the others were relayed');
  const again = await reader(t, topic);
  await again.untilIds(3);
  assert.deepEqual(again.ids().toSorted(), ids.toSorted());
});

test('alerts that were made while the clock was hours ahead or days behind are delivered, none is a dead letter', async (t) => {
  const topic = 'clocks';
  await makeTopicHere(topic);
  const { ledger } = await start(t, { topic });
  const hours = [0, 26, -72];
  const records = hours.map((hour, index) =>
    exchange({
      exchangeId: `clock-${index}`,
      conversationId: 'one',
      endedAt: new Date(Date.now() + hour * 3_600_000).toISOString(),
    }),
  );
  await Promise.all(records.map(ledger.commit));
  const opened = await reader(t, topic);
  await opened.untilIds(3);
  await until(isEmpty(ledger), 'the outbox is empty');
  assert.equal((await ledger.depth('kafka')).dead, 0);
  const times = opened.messages.map(({ headers }) => headers['ce_time']);
  assert.deepEqual(
    times,
    records.map(({ endedAt }) => endedAt),
    'the event says when',
  );
  assert.deepEqual(new Set(opened.messages.map(({ at }) => at)), new Set([-1]), 'the record does not');
});

test('the consumer of docs/examples handles each alert once, in order, whatever comes twice or fails at first', async (t) => {
  const topic = 'example';
  await makeTopicHere(topic);
  const alerts = [1, 2, 3].flatMap((count) =>
    alertsOf(exchange({ exchangeId: `example-${count}`, conversationId: 'one' })),
  );
  const signal = AbortSignal.timeout(60_000);
  const send = async (some: readonly Alert[]) => {
    // A new sink, as after a crash: the broker cannot tell that it has the records already.
    const sink = createKafkaSink({ brokers: kafka.brokers, topic });
    const outcomes = await sink.deliver(some, signal);
    await sink.close();
    assert.ok(outcomes.every(({ outcome }) => outcome === 'delivered'));
  };
  const handled: Handed[] = [];
  let failures = 0;
  const consumer = await consumeAlerts({
    brokers: kafka.brokers,
    topic,
    groupId: `example-${crypto.randomUUID()}`,
    async handle(alert) {
      if (handled.length === 1 && failures === 0) {
        failures += 1;
        throw new Error('the database of the consumer is away');
      }
      handled.push(alert);
    },
  });
  cleanUp(t, consumer.stop);
  await send(alerts.slice(0, 2));
  await send(alerts.slice(0, 2));
  await send(alerts);
  await until(() => handled.length >= 3, 'all are handled');
  const opened = await reader(t, topic);
  await until(() => opened.messages.length === 7, 'seven records were sent');
  assert.deepEqual(
    handled.map(({ id, conversationId }) => [id, conversationId]),
    alerts.map(({ id }) => [id, 'one']),
  );
  assert.equal(handled[0]?.finding.severity, 'High');
  assert.equal(failures, 1);
});

test('the consumer of the documentation waits for a topic that is not there yet', async (t) => {
  const topic = `later-${crypto.randomUUID()}`;
  const handled: string[] = [];
  const starting = consumeAlerts({
    brokers: kafka.brokers,
    topic,
    groupId: topic,
    handle: async ({ id }) => void handled.push(id),
  });
  const sink = createKafkaSink({ brokers: kafka.brokers, topic });
  cleanUp(t, () => sink.close());
  const alerts = alertsOf(exchange());
  const deliver = () => sink.deliver(alerts, new AbortController().signal);
  await until(async () => (await deliver())[0]?.outcome === 'delivered', 'the topic is made');
  const consumer = await starting;
  cleanUp(t, consumer.stop);
  await until(() => handled.length > 0, 'it is handled');
  assert.equal(handled[0], alerts[0]?.id);
});
