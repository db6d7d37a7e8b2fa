import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import { type Pace, paceOf } from './pace.ts';

const BATCH = 128;

/** How fast kafkajs sends messages by itself, as many at once as a relay does, acknowledged by all replicas. */
export async function bareProducer(brokers: readonly string[], messages: readonly Message[]): Promise<Pace> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const topic = `bare-${crypto.randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
  await admin.disconnect();
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner });
  await producer.connect();
  try {
    return await paceOf(messages.length, async () => {
      for (let from = 0; from < messages.length; from += BATCH) {
        await producer.send({ topic, acks: -1, messages: messages.slice(from, from + BATCH) });
      }
    });
  } finally {
    await producer.disconnect();
  }
}
