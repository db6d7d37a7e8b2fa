/** A consumer of Telltale's alerts that handles each once, to copy and to change:
 *
 *      BROKERS=127.0.0.1:9092 TOPIC=telltale.alerts node docs/examples/alert-consumer.ts
 *
 *  Alerts come at least once: after a crash on either side some come again, with the same id. What was handled is
 *  remembered by id; the offset is committed after that, never before. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Consumer, Kafka, logLevel } from 'kafkajs';

/** What is handed over: the CloudEvent's id and its data, an OCSF Detection Finding. */
export interface Handed {
  readonly id: string;
  readonly conversationId: string;
  readonly finding: { readonly severity: string; readonly message: string };
}

/** How the consumer is set up. */
export interface AlertConsumerOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly groupId: string;
  /** Where it throws, the alert comes again. */
  readonly handle: (alert: Handed) => Promise<void>;
}

/** Duplicates come soon after the first: a bound on what is remembered is enough. Several instances of a consumer, or
 *  one that is restarted, keep the ids where they keep the result: a table with the id as its key, in one transaction. */
const MAX_REMEMBERED = 100_000;

/** Reads until it is stopped; resolves when it has begun. */
export async function consumeAlerts(options: AlertConsumerOptions): Promise<{ stop(): Promise<void> }> {
  const seen = new Set<string>();
  const kafka = new Kafka({ brokers: [...options.brokers], logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: options.groupId });
  await consumer.connect();
  await subscribe(consumer, options.topic);
  await consumer.run({
    eachMessage: async ({ message: { key, headers, value } }) => {
      const id = String(headers?.['ce_id']);
      if (seen.has(id)) return;
      await options.handle({ id, conversationId: String(key), finding: JSON.parse(String(value)) });
      seen.add(id);
      const oldest = seen.size > MAX_REMEMBERED ? seen.values().next().value : undefined;
      if (oldest !== undefined) seen.delete(oldest);
    },
  });
  return { stop: () => consumer.disconnect() };
}

/** The topic is made with the first alert: until then there is none. */
async function subscribe(consumer: Consumer, topic: string): Promise<void> {
  for (;;) {
    try {
      return await consumer.subscribe({ topic, fromBeginning: true });
    } catch (error) {
      if ((error as { type?: unknown }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
      await sleep(1_000);
    }
  }
}

if (import.meta.main) {
  const { BROKERS = '127.0.0.1:9092', TOPIC = 'telltale.alerts' } = process.env;
  const handle = async ({ id, conversationId, finding }: Handed) => {
    process.stdout.write(`${finding.severity}\t${finding.message}\t${conversationId}\t${id}\n`);
  };
  const { stop } = await consumeAlerts({
    brokers: BROKERS.split(','),
    topic: TOPIC,
    groupId: 'example',
    handle,
  });
  process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop());
}
