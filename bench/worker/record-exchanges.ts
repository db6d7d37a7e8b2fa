import type { Kafka, KafkaMessage } from 'kafkajs';
import { serve } from '../gateway/served.ts';
import { askAll } from './exchanges.ts';

/** Exchanges as a gateway handed them over. */
export type Recording = readonly Pick<KafkaMessage, 'key' | 'value' | 'headers'>[];

const DEADLINE_MS = 300_000;

/** What records. */
export interface RecordTask {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  readonly upstream: string;
  readonly rules: string;
  readonly exchanges: number;
}

/** Sends exchanges through a gateway that hands them over, and reads what it handed over.
 *  @throws Error when not all of them came in five minutes */
export async function recordExchanges(task: RecordTask): Promise<Recording> {
  const { kafka, brokers, upstream, rules, exchanges } = task;
  const topic = `recording-${crypto.randomUUID()}`;
  const scoring = {
    where: 'kafka',
    brokers,
    topic,
    partitions: 1,
    compression: 'none',
    enforcing_rules: 'flag',
  };
  const gateway = await serve('telltale', { upstream, rules, more: { scoring } });
  try {
    const [recording] = await Promise.all([
      readTopic(kafka, topic, exchanges),
      askAll(gateway.url, exchanges),
    ]);
    return recording;
  } finally {
    await gateway.close();
  }
}

async function readTopic(kafka: Kafka, topic: string, count: number): Promise<Recording> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: topic });
  const messages: Pick<KafkaMessage, 'key' | 'value' | 'headers'>[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`${messages.length} of ${count} exchanges were handed over`));
      const timer = setTimeout(late, DEADLINE_MS);
      const eachMessage = async ({ message: { key, value, headers } }: { message: KafkaMessage }) => {
        messages.push({ key, value, ...(headers && { headers }) });
        if (messages.length < count) return;
        clearTimeout(timer);
        resolve();
      };
      // What kafkajs starts again by itself is none.
      consumer.on(consumer.events.CRASH, ({ payload: { restart, error } }) => {
        if (!restart) reject(error);
      });
      consumer.run({ eachMessage }).catch(reject);
    });
    return messages;
  } finally {
    await consumer.disconnect();
  }
}
