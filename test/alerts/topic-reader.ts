import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, IHeaders } from 'kafkajs';
import { kafkaClient } from '../services/kafka-client.ts';
import { until } from './sinks.ts';

/** A message as an independent consumer reads it. */
export interface ReadMessage {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
  /** Milliseconds since 1970: of the record, or of its arrival where the topic keeps that. */
  readonly at: number;
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

/** A broker that comes back is noticed soon, and one that is gone for long is waited for. */
const AGAIN_MS = 500;
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 10_000 };

/** The topic must exist. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<TopicReader> {
  const kafka = kafkaClient(brokers, { clientId: 'reader', retry: RETRY });
  const groupId = `reader-${crypto.randomUUID()}`;
  const messages: ReadMessage[] = [];
  // What is read again, after a broker or this reader was away, is no second message.
  const read = new Set<string>();
  let consumer: Consumer;
  let isClosed = false;
  const start = async (): Promise<void> => {
    consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
    // What kafkajs does not start again by itself.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) void startAgain();
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message: { offset, key, headers, value, timestamp } }) => {
        const place = `${partition}/${offset}`;
        if (read.has(place)) return;
        read.add(place);
        const at = Number(timestamp);
        messages.push({ key: String(key), headers: textOf(headers), value: String(value), at });
      },
    });
  };
  // A broker that was killed may be away for longer than one attempt.
  const startAgain = async (): Promise<void> => {
    while (!isClosed) {
      await consumer.disconnect().catch(() => {}); // It may not have come as far as a connection.
      try {
        return await start();
      } catch {
        await sleep(AGAIN_MS);
      }
    }
  };
  await start();
  const close = async (): Promise<void> => {
    isClosed = true;
    await consumer.disconnect();
  };
  const ids = () => [...new Set(messages.map(({ headers }) => headers['ce_id'] ?? ''))];
  const untilIds = (count: number) =>
    until(() => ids().length >= count, `${count} alerts came from ${topic}`);
  return { messages, ids, untilIds, close };
}

function textOf(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
}
