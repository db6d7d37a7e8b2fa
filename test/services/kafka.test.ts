import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Partitioners } from 'kafkajs';
import { type KafkaBroker, startKafka } from './kafka.ts';
import { kafkaClient } from './kafka-client.ts';
import { makeTopic } from './make-topic.ts';

let kafka: KafkaBroker;

before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

const connect = () => kafkaClient(kafka.brokers);

async function produce(topic: string, values: string[]): Promise<void> {
  const producer = connect().producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: values.map((value) => ({ key: 'one', value })) });
  await producer.disconnect();
}

/** Reads a topic from its beginning with a group of its own until `count` messages came. */
async function consume(topic: string, count: number): Promise<string[]> {
  const consumer = connect().consumer({ groupId: `reader-${crypto.randomUUID()}` });
  const values: string[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((done, fail) => {
      // The rest kafkajs starts again by itself.
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) fail(payload.error);
      });
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        values.push(String(message.value));
        if (values.length === count) done();
      };
      consumer.run({ eachMessage }).catch(fail);
    });
    return values;
  } finally {
    // One that goes on trying keeps the process from its end.
    await consumer.disconnect();
  }
}

test('what was acknowledged is read by another client, also after kill -9 and a restart', async () => {
  await makeTopic(connect(), { topic: 'letters', numPartitions: 3 });
  await produce('letters', ['a', 'b']);
  assert.deepEqual(await consume('letters', 2), ['a', 'b']);

  await kafka.kill();
  await assert.rejects(produceOnce('letters', 'lost'), /ECONNREFUSED|Connection error/);
  await kafka.restart();
  await produce('letters', ['c']);
  assert.deepEqual(await consume('letters', 3), ['a', 'b', 'c']);
});

test('a paused broker takes connections but answers nothing until it is resumed', async () => {
  kafka.pause();
  const late = produce('letters', ['d']).then(() => 'sent');
  const first = await Promise.race([late, new Promise((done) => setTimeout(done, 1000, 'waiting'))]);
  assert.equal(first, 'waiting');
  kafka.resume();
  assert.equal(await late, 'sent');
});

async function produceOnce(topic: string, value: string): Promise<void> {
  const client = kafkaClient(kafka.brokers, { retry: { retries: 0 } });
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: [{ value }] });
}
