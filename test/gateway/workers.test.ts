import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { createLedger, type Ledger } from '../../alerts/index.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { type ServiceProcess, startService } from '../services/service-process.ts';
import { handOver, unscored } from './hand-over.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { scoringOf, startTestWorker } from './start-worker.ts';
import { until } from './until.ts';

let kafka: KafkaBroker;
let postgres: PostgresServer;

before(async () => {
  [kafka, postgres] = await Promise.all([startKafka(), startPostgres()]);
});
after(() => Promise.all([kafka?.close(), postgres?.close()]));

const RULES = { 'a.yaml': ruleFile([rule({ name: 'said', target: 'output' })]) };

const publish = (topic: string, exchanges: Parameters<typeof handOver>[1]) =>
  handOver({ brokers: kafka.brokers, topic }, exchanges);

const many = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => unscored(`${name}-${index}`, `c-${index % 16}`));

function admin(context: TestContext) {
  const client = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
  context.after(() => client.disconnect());
  return client;
}

/** How far the group has committed, all partitions together. */
async function committed(client: ReturnType<typeof admin>, topic: string): Promise<number> {
  const [group] = await client.fetchOffsets({ groupId: `${topic}-workers`, topics: [topic] });
  return (group?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
}

async function openStore(
  context: TestContext,
): Promise<{ ledger: Ledger; databaseUrl: string; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-workers-'));
  const databaseUrl = await postgres.createDatabase();
  const ledger = await createLedger({ dataDir: folder, databaseUrl, sinks: [], commitTimeoutMs: 60_000 });
  context.after(async () => {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'a.yaml'), RULES['a.yaml']);
  return { ledger, databaseUrl, folder };
}

test('a worker that is killed in the middle loses nothing and doubles nothing: another goes on', async (context) => {
  const topic = 'killed';
  const { ledger, databaseUrl, folder } = await openStore(context);
  const exchanges = many('k', 160);
  const start = (name: string): Promise<ServiceProcess> => {
    const config = {
      metrics: { host: '127.0.0.1', port: 0 },
      rules: folder,
      data: join(folder, name),
      scoring: scoringOf({ brokers: kafka.brokers, topic }),
      store: { database_url: databaseUrl },
      sinks: [{ type: 'file', name: 'out', path: join(folder, `${name}.jsonl`) }],
    };
    return startService({
      command: process.execPath,
      args: [
        '--disable-warning=ExperimentalWarning',
        'test/gateway/worker-process.ts',
        JSON.stringify(config),
      ],
      readyWhen: /working/,
      readyTimeoutMs: 120_000,
    });
  };
  const first = await start('first');
  context.after(() => first.kill());
  await publish(topic, exchanges);
  await until(async () => (await ledger.counts()).exchanges >= 20);
  await first.kill();
  const atKill = (await ledger.counts()).exchanges;
  const second = await start('second');
  context.after(() => second.kill());
  await until(async () => (await ledger.counts()).exchanges >= exchanges.length);
  const ids = exchanges.map(({ exchangeId }) => exchangeId);
  assert.deepEqual((await ledger.known(ids)).toSorted(), ids.toSorted());
  const { exchanges: recorded, flagged } = await ledger.counts();
  assert.deepEqual([recorded, flagged], [160, 160], `${atKill} were recorded when the first was killed`);
  const client = admin(context);
  await until(async () => (await committed(client, topic)) === exchanges.length);
});

test('two workers share the partitions, one joins while the other works, and one leaves; each exchange is recorded once', async (context) => {
  const topic = 'shared';
  const { ledger, databaseUrl } = await openStore(context);
  const options = { brokers: kafka.brokers, topic, rules: RULES, databaseUrl };
  const one = await startTestWorker(context, options);
  await publish(topic, many('a', 80));
  await until(() => one.group().partitions.length === 4);
  const two = await startTestWorker(context, options);
  await until(() => one.group().partitions.length === 2 && two.group().partitions.length === 2);
  assert.deepEqual([...one.group().partitions, ...two.group().partitions].toSorted(), [0, 1, 2, 3]);
  await publish(topic, many('b', 80));
  await until(async () => (await ledger.counts()).exchanges === 160);
  await one.stop();
  await until(() => two.group().partitions.length === 4);
  await publish(topic, many('c', 40));
  await until(async () => (await ledger.counts()).exchanges === 200);
  assert.equal((await ledger.counts()).flagged, 200);
});

test('messages that are no exchanges become dead letters with a reason, and what comes after them is scored', async (context) => {
  const topic = 'poisoned';
  const worker = await startTestWorker(context, { brokers: kafka.brokers, topic, rules: RULES });
  await publish(topic, [unscored('before', 'c-1')]);
  const producer = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const headers = { ce_type: 'telltale.exchange.v1', telltale_part: '0', telltale_parts: '1' };
  const later = JSON.stringify({ ...unscored('later', 'c-1'), version: 2, subject: 'somebody' });
  await producer.send({
    topic,
    messages: [
      { key: 'c-1', value: 'not for us' },
      { key: 'c-1', value: '{"half":', headers: { ...headers, ce_id: 'half' } },
      { key: 'c-1', value: later, headers: { ...headers, ce_id: 'later' } },
    ],
  });
  await producer.disconnect();
  await publish(topic, [unscored('after', 'c-1')]);
  await until(async () => (await worker.ledger.known(['before', 'after'])).length === 2);
  const letters = await worker.ledger.deadLetters({ sink: 'scoring', limit: 9 });
  const told = letters.map(
    ({ exchangeId, conversationId, reason }) => `${exchangeId} ${conversationId} ${reason}`,
  );
  assert.equal(told.length, 3, told.join('\n'));
  assert.match(told[0] ?? '', /^poisoned\/\d\/\d+ c-1 .*its type is null/);
  assert.match(told[1] ?? '', /^half c-1 .*it is not JSON$/);
  assert.match(told[2] ?? '', /^later c-1 .*version/);
  assert.match(await worker.metrics(), /telltale_worker_exchanges_total\{outcome="dead"\} 3/);
  const { removed } = await worker.ledger.erase({ by: 'subject', value: 'somebody' });
  assert.equal(removed.deadLetters, 1, 'whom it is about can be read of a newer one too');
});

test('nothing is committed before it is on disk, and a store that is away is waited for', async (context) => {
  const topic = 'patient';
  const { ledger, databaseUrl } = await openStore(context);
  const worker = await startTestWorker(context, { brokers: kafka.brokers, topic, rules: RULES, databaseUrl });
  const client = admin(context);
  await publish(topic, [unscored('first', 'c-1')]);
  await until(async () => (await committed(client, topic)) === 1);
  await postgres.kill();
  await publish(topic, [unscored('second', 'c-1'), unscored('third', 'c-2')]);
  await until(async () => (await worker.metrics()).includes('telltale_worker_joined 1'));
  assert.equal(await committed(client, topic), 1, 'what is not on disk is not committed');
  await postgres.restart();
  await until(async () => (await committed(client, topic)) === 3);
  assert.deepEqual((await ledger.known(['first', 'second', 'third'])).toSorted(), [
    'first',
    'second',
    'third',
  ]);
  const ready = await fetch(`${worker.url}/readyz`);
  assert.equal(ready.status, 200, await ready.text());
});

test('an exchange that is left out above the water mark is counted as that, and has no delay until it was on disk', async (context) => {
  const topic = 'left-out';
  const worker = await startTestWorker(context, {
    brokers: kafka.brokers,
    topic,
    rules: RULES,
    config: {
      store: { high_water_rows: 1, sample_one_in: 1_000_000 },
      sinks: [{ type: 'webhook', name: 'away', url: 'http://127.0.0.1:9/' }],
    },
  });
  await publish(topic, [unscored('flagged', 'c-1')]);
  await until(() => worker.ledger.stats().isAboveMark);
  await publish(topic, [unscored('ordinary', 'c-1', 'nothing of note')]);
  await until(() => worker.ledger.stats().sampled.none === 1);
  const counted = async (outcome: string) =>
    (await worker.metrics()).includes(`telltale_worker_exchanges_total{outcome="${outcome}"} 1\n`);
  await until(() => counted('sampled'));
  assert.ok(await counted('scored'));
  assert.match(await worker.metrics(), /telltale_worker_delay_seconds_count 1\n/);
});
