import { z } from 'zod';
import { caFile } from './ca-file.ts';
import { broker, sasl, tls, variable } from './kafka-schema.ts';
import { milliseconds } from './numbers.ts';

const level = z.enum(['informational', 'low', 'medium', 'high', 'critical']);
const texts = z.array(z.string().min(1)).min(1);
const name = z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits and . _ -');

/** What an alert must be: all that is said must hold, and of each list one. `*` stands for any text. */
const matchers = z.strictObject({
  rules: texts.optional().describe('Names or ids of rules.'),
  tags: texts.optional().describe('Tags of rules.'),
  tenants: texts.optional().describe('As the header x-telltale-tenant names them.'),
  conversations: texts.optional().describe('Ids of conversations.'),
  levels: z.array(level).min(1).optional().describe('Levels of findings.'),
  min_level: level.optional().describe('This level or a higher one.'),
});

const kafkaShape = {
  topic: z.string().min(1).max(249).default('telltale.alerts').describe('Where alerts go.'),
  client_id: z.string().min(1).default('telltale').describe('How brokers know this client.'),
  create_topic: z
    .boolean()
    .default(true)
    .describe('Makes the topic when it is missing and the cluster lets it.'),
  compression: z.enum(['none', 'gzip', 'zstd']).default('none').describe('How batches are packed.'),
  max_message_bytes: z
    .int()
    .min(1024)
    .max(104_857_600)
    .default(900_000)
    .describe('A larger event becomes a dead letter.'),
  tls: tls.prefault({}),
  sasl: sasl.prefault({}),
};

/** The sink that environment variables can set up; without brokers there is none. */
export const kafka = z.strictObject({
  brokers: z.array(broker).default([]).describe('host:port each; none is no such sink.'),
  ...kafkaShape,
});

/** What every sink may be told: what it gets, and how much of it. */
const routing = {
  name: name.describe('Appears in metrics, logs and the outbox; alerts that wait belong to the name.'),
  route: matchers.optional(),
  group: z
    .strictObject({
      by: z
        .array(z.enum(['rule', 'level', 'tenant', 'conversation']))
        .default(['rule', 'tenant'])
        .describe('What alerts have in common that are alike.'),
      wait_ms: milliseconds.default(300_000).describe('How long others are held back.'),
    })
    .optional()
    .describe('Of alerts that are alike by these, one goes out and the others are held back for the wait.'),
  rate_limit: z
    .strictObject({
      alerts: z
        .int()
        .min(1)
        .max(1_000_000)
        .describe('So many may go at once, and so many more in each such time, of each gateway by itself.'),
      per_ms: milliseconds.describe(
        'The time. After a quiet one twice as many alerts may go in it: what had gathered, and what comes evenly.',
      ),
    })
    .optional(),
  never_hold: level
    .default('critical')
    .describe('Alerts of this level and above are neither grouped nor limited.'),
};

const kafkaSink = z.strictObject({
  type: z.literal('kafka'),
  ...routing,
  brokers: z.array(broker).min(1).describe('host:port each.'),
  ...kafkaShape,
});

const webhookSink = z.strictObject({
  type: z.literal('webhook'),
  ...routing,
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .describe('Where events are posted.'),
  secret_envs: z
    .array(variable)
    .default([])
    .describe('Environment variables whose values sign; two while one is being exchanged.'),
  authorization_env: variable
    .nullable()
    .default(null)
    .describe('The environment variable whose value is sent as `authorization`.'),
  ca_file: caFile,
  timeout_ms: milliseconds.default(10_000).describe('How long an answer may take before it is tried again.'),
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('The most deliveries at once, of different conversations.'),
});

const fileSink = z.strictObject({
  type: z.literal('file'),
  ...routing,
  path: z.string().min(1).describe('One line of JSON an alert.'),
  max_bytes: z
    .int()
    .min(4096)
    .nullable()
    .default(null)
    .describe('A file that would grow beyond this is put aside as `path.1`; null lets it grow.'),
  keep: z.int().min(1).max(1000).default(5).describe('How many are kept aside.'),
});

const stdoutSink = z.strictObject({ type: z.literal('stdout'), ...routing });

/** Sinks beside `kafka`, each at its own pace. Where there is none at all, alerts go to a file in the data folder. */
export const sinks = z
  .array(z.discriminatedUnion('type', [kafkaSink, webhookSink, fileSink, stdoutSink]))
  .max(32)
  .default([]);

/** Silences that stand in the configuration; `telltale silence` adds others while the gateway runs. */
export const silences = z
  .array(
    z.strictObject({
      matchers: matchers.refine((given) => Object.keys(given).length > 0, 'must say what is silenced'),
      author: z.string().min(1).describe('Who silences.'),
      comment: z.string().min(1).describe('Why.'),
      starts_at: z.iso.datetime({ offset: true }).optional().describe('Absent: at once.'),
      ends_at: z.iso.datetime({ offset: true }).describe('When alerts go out again.'),
    }),
  )
  .max(1000)
  .default([]);

/** One of `sinks`. */
export type SinkConfig = z.infer<typeof sinks>[number];
