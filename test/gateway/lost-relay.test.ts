import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { readTopic } from '../alerts/topic-reader.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { makeTopic } from '../services/make-topic.ts';
import { startAnswering } from './start-answering.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { ask } from './test-upstream.ts';
import { until } from './until.ts';

let kafka: KafkaBroker;

before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

/** The threads of this process that relay to Kafka, the latest last. */
function relayThreads(context: TestContext): Worker[] {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => {
    if (thread.threadName === 'telltale-relay') threads.push(thread);
  };
  process.on('worker', note);
  context.after(() => process.off('worker', note));
  return threads;
}

test('a gateway whose thread to Kafka ends starts another, says so, counts it, and loses no alert', async (context) => {
  const threads = relayThreads(context);
  const topic = 'lost-relay';
  await makeTopic(kafkaClient(kafka.brokers), { topic });
  const opened = await readTopic(kafka.brokers, topic);
  context.after(() => opened.close());
  const lines: { event: string; error?: { message: string } }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const { gateway } = await startAnswering(context, {
    rules: { 'a.yaml': ruleFile([rule({ target: 'input' })]) },
    config: { kafka: { brokers: [...kafka.brokers], topic } },
    log: createLogger('warn', { write }),
  });
  const alert = async (): Promise<void> => {
    await (await gateway.post(ask('they deceive us'))).text();
  };
  await alert();
  await opened.untilIds(1);

  assert.equal(threads.length, 1);
  // What it has delivered and not told yet is in no count once it has ended.
  await until(async () => /delivered_alerts_total\{[^}]*"kafka"[^}]*\} 1$/m.test(await gateway.metrics()));
  await threads[0]?.terminate();
  await alert();
  await opened.untilIds(2);

  assert.equal(threads.length, 2, 'another has brought it');
  const said = lines.filter(({ event }) => event === 'the thread that relays to Kafka is started again');
  assert.equal(said.length, 1);
  assert.match(said[0]?.error?.message ?? '', /the relay's thread ended: exit code 1/);
  const [failures, delivered] = [
    /task="relay"[^}]*\} 1$/m,
    /delivered_alerts_total\{[^}]*"kafka"[^}]*\} [2-9]$/m,
  ];
  await until(async () => {
    const metrics = await gateway.metrics();
    return failures.test(metrics) && delivered.test(metrics);
  });
  assert.equal((await gateway.ledger.depth('kafka')).dead, 0);
});
