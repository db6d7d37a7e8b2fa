import { type IHeaders, Kafka, logLevel } from 'kafkajs';
import { until } from './sinks.ts';

/** A message as an independent consumer reads it. */
export interface ReadMessage {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Reads a topic from its beginning, with a group of its own. */
export interface TopicReader {
  readonly messages: ReadMessage[];
  /** Ids in the order of their first arrival. */
  ids(): string[];
  /** Waits until so many different ids have come. */
  untilIds(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The topic must exist. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<TopicReader> {
  const kafka = new Kafka({ clientId: 'reader', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `reader-${crypto.randomUUID()}`, maxWaitTimeInMs: 100 });
  const messages: ReadMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { key, headers, value } }) => {
      messages.push({ key: String(key), headers: textOf(headers), value: String(value) });
    },
  });
  const ids = () => [...new Set(messages.map(({ headers }) => headers['ce_id'] ?? ''))];
  const untilIds = (count: number) =>
    until(() => ids().length >= count, `${count} alerts came from ${topic}`);
  return { messages, ids, untilIds, close: () => consumer.disconnect() };
}

function textOf(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
}
