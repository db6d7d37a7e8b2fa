import { z } from 'zod';
import { broker, sasl, tls } from './kafka-schema.ts';

/** Where exchanges are scored: in the gateway, or by `telltale worker` processes that read them from Kafka. */
export const scoring = z.strictObject({
  where: z
    .enum(['inline', 'kafka'])
    .default('inline')
    .describe('`kafka`: `telltale worker` processes score what the gateway hands over.'),
  enforcing_rules: z
    .enum(['refuse', 'flag'])
    .default('refuse')
    .describe('With `kafka`: rules that would redact or block are refused at the start, or only flag.'),
  brokers: z
    .array(broker)
    .default([])
    .describe('host:port each; none: brokers, TLS and SASL are those of `kafka`.'),
  topic: z
    .string()
    .min(1)
    .max(249)
    .default('telltale.exchanges')
    .describe('Where exchanges go, with their text.'),
  group: z
    .string()
    .min(1)
    .max(249)
    .default('telltale-workers')
    .describe('The consumer group of all workers.'),
  partitions: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .default(null)
    .describe(
      "Of a topic that is made: no more workers than that have work. Null is the broker's own number.",
    ),
  client_id: z.string().min(1).default('telltale').describe('How brokers know this client.'),
  create_topic: z
    .boolean()
    .default(true)
    .describe('Makes the topic when it is missing and the cluster lets it.'),
  compression: z.enum(['none', 'gzip', 'zstd']).default('zstd').describe('How batches are packed.'),
  max_message_bytes: z
    .int()
    .min(1024)
    .max(104_857_600)
    .default(900_000)
    .describe('A larger exchange goes in several messages.'),
  tls: tls.prefault({}),
  sasl: sasl.prefault({}),
});
