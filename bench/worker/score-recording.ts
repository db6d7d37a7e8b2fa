import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, type Kafka, Partitioners } from 'kafkajs';
import { Client } from 'pg';
import { type Served, serve } from '../gateway/served.ts';
import { readMetric } from '../read-metric.ts';
import type { Recording } from './record-exchanges.ts';

/** What one run showed. */
export interface Scored {
  readonly exchanges_per_s: number;
  readonly tokens_per_s: number;
  /** The same in every variant, or something was let go unread. */
  readonly tokens_per_exchange: number;
  /** Of all threads of all processes that scored. */
  readonly cpu_ms_per_exchange: number;
  /** Messages that the group had not committed at the end. */
  readonly lag_at_end: number;
}

/** Who scores what. */
export interface ScoreTask {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  readonly recording: Recording;
  readonly rules: string;
  /** Of a database of its own, or what was recorded already would be let go. */
  readonly databaseUrl: string;
  readonly workers: number;
  /** Of the reader, in each worker. */
  readonly threads: number;
}

const PARTITIONS = 12;
const LOOK_MS = 50;
const DEADLINE_MS = 600_000;

/** Starts workers, waits until they have divided the partitions, puts the recording into the topic, and times until the
 *  last exchange is on disk and its offset committed. */
export async function scoreRecording(task: ScoreTask): Promise<Scored> {
  const { kafka, brokers, recording } = task;
  const topic = `exchanges-${crypto.randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
  const scoring = { where: 'kafka', brokers, topic, group: topic, enforcing_rules: 'flag' };
  const { rules, databaseUrl, threads } = task;
  const workers: Served[] = [];
  const store = new Client({ connectionString: databaseUrl });
  try {
    while (workers.length < task.workers) {
      workers.push(await serve('../worker/worker-process', { scoring, rules, databaseUrl, threads }));
    }
    await until(() => haveDivided(workers), 'the workers have divided the partitions');
    await store.connect();
    const cpuBefore = await cpuOf(workers);
    const started = performance.now();
    await put(kafka, topic, recording);
    await until(async () => (await countIn(store)) === recording.length, 'all exchanges are on disk');
    const seconds = (performance.now() - started) / 1000;
    const cpuMs = (await cpuOf(workers)) - cpuBefore;
    const tokens = (await all(workers, 'telltale_detector_tokens_total')).reduce((sum, one) => sum + one, 0);
    await until(async () => (await lagOf(admin, topic)) === 0, 'all is committed');
    return {
      exchanges_per_s: recording.length / seconds,
      tokens_per_s: tokens / seconds,
      tokens_per_exchange: tokens / recording.length,
      cpu_ms_per_exchange: cpuMs / recording.length,
      lag_at_end: await lagOf(admin, topic),
    };
  } finally {
    await store.end();
    for (const worker of workers) await worker.close();
    await admin.disconnect();
  }
}

const all = (workers: readonly Served[], name: string) =>
  Promise.all(workers.map(({ metricsUrl }) => readMetric(metricsUrl ?? '', name)));

async function haveDivided(workers: readonly Served[]): Promise<boolean> {
  const partitions = await all(workers, 'telltale_worker_partitions');
  return partitions.every((count) => count === PARTITIONS / workers.length);
}

async function cpuOf(workers: readonly Served[]): Promise<number> {
  let sum = 0;
  for (const worker of workers) sum += await worker.allThreadsCpuMs();
  return sum;
}

async function put(kafka: Kafka, topic: string, recording: Recording): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = recording.map(({ headers, ...message }) => ({ ...message, ...(headers && { headers }) }));
  await producer.send({ topic, acks: -1, messages });
  await producer.disconnect();
}

async function countIn(store: Client): Promise<number> {
  const { rows } = await store.query('SELECT count(*)::int AS count FROM telltale.exchanges');
  return rows[0].count;
}

async function lagOf(admin: Admin, topic: string): Promise<number> {
  const ends = await admin.fetchTopicOffsets(topic);
  const [group] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  return ends.reduce((sum, { partition, high }) => {
    const committed = group?.partitions.find((one) => one.partition === partition)?.offset ?? '-1';
    return sum + Number(high) - Math.max(0, Number(committed));
  }, 0);
}

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited ${DEADLINE_MS} ms in vain until ${what}`);
    await sleep(LOOK_MS);
  }
}
