import { z } from 'zod';
import { STORE_SINK } from '../../alerts/index.ts';

const milliseconds = z.int().min(1).max(86_400_000);
const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable');
const level = z.enum(['informational', 'low', 'medium', 'high', 'critical']);
const texts = z.array(z.string().min(1)).min(1);
const name = z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits and . _ -');

/** What an alert must be: all that is said must hold, and of each list one. `*` stands for any text. */
const matchers = z.strictObject({
  /** Names or ids of rules. */
  rules: texts.optional(),
  tags: texts.optional(),
  /** As the header x-telltale-tenant names them. */
  tenants: texts.optional(),
  conversations: texts.optional(),
  levels: z.array(level).min(1).optional(),
  min_level: level.optional(),
});

const tls = z.strictObject({
  /** Where only certificates are given, TLS is on too. */
  enabled: z.boolean().default(false),
  /** Authorities to trust in place of the system's, as PEM. */
  ca_file: z.string().min(1).nullable().default(null),
  /** The client's own certificate and key, for brokers that ask for one. */
  cert_file: z.string().min(1).nullable().default(null),
  key_file: z.string().min(1).nullable().default(null),
});

const sasl = z.strictObject({
  mechanism: z.enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512']).default('none'),
  username: z.string().default(''),
  /** The environment variable that holds the password. */
  password_env: variable.nullable().default(null),
});

const broker = z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port');

const kafkaShape = {
  topic: z.string().min(1).max(249).default('telltale.alerts'),
  client_id: z.string().min(1).default('telltale'),
  /** Makes the topic when it is missing and the cluster lets it. */
  create_topic: z.boolean().default(true),
  compression: z.enum(['none', 'gzip', 'zstd']).default('none'),
  /** A larger event becomes a dead letter. */
  max_message_bytes: z.int().min(1024).max(104_857_600).default(900_000),
  tls: tls.prefault({}),
  sasl: sasl.prefault({}),
};

/** The sink that environment variables can set up; without brokers there is none. */
export const kafka = z.strictObject({ brokers: z.array(broker).default([]), ...kafkaShape });

/** What every sink may be told: what it gets, and how much of it. */
const routing = {
  /** Appears in metrics, logs and the outbox; alerts that wait belong to the name. */
  name,
  route: matchers.optional(),
  /** Of alerts that are alike by these, one goes out and the others are held back for the wait. */
  group: z
    .strictObject({
      by: z.array(z.enum(['rule', 'level', 'tenant', 'conversation'])).default(['rule', 'tenant']),
      wait_ms: milliseconds.default(300_000),
    })
    .optional(),
  rate_limit: z.strictObject({ alerts: z.int().min(1).max(1_000_000), per_ms: milliseconds }).optional(),
  /** Alerts of this level and above are neither grouped nor limited. */
  never_hold: level.default('critical'),
};

const kafkaSink = z.strictObject({
  type: z.literal('kafka'),
  ...routing,
  brokers: z.array(broker).min(1),
  ...kafkaShape,
});

const webhookSink = z.strictObject({
  type: z.literal('webhook'),
  ...routing,
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  /** Environment variables whose values sign; two while one is being exchanged. */
  secret_envs: z.array(variable).default([]),
  /** The environment variable whose value is sent as `authorization`. */
  authorization_env: variable.nullable().default(null),
  ca_file: z.string().min(1).nullable().default(null),
  timeout_ms: milliseconds.default(10_000),
  concurrency: z.int().min(1).max(64).default(8),
});

const fileSink = z.strictObject({
  type: z.literal('file'),
  ...routing,
  path: z.string().min(1),
  /** A file that would grow beyond this is put aside as `path.1`; null lets it grow. */
  max_bytes: z.int().min(4096).nullable().default(null),
  /** How many are kept aside. */
  keep: z.int().min(1).max(1000).default(5),
});

const stdoutSink = z.strictObject({ type: z.literal('stdout'), ...routing });

/** Sinks beside `kafka`, each at its own pace. Where there is none at all, alerts go to a file in the data folder. */
export const sinks = z
  .array(z.discriminatedUnion('type', [kafkaSink, webhookSink, fileSink, stdoutSink]))
  .max(32)
  .refine((list) => new Set(list.map((sink) => sink.name)).size === list.length, 'must have different names')
  .refine(
    (list) => list.every((sink) => sink.name !== 'kafka'),
    'must not be named kafka, as the one above is',
  )
  .refine(
    (list) => list.every((sink) => sink.name !== STORE_SINK),
    `must not be named ${STORE_SINK}: under that name stand exchanges that the store could not write`,
  )
  .default([]);

/** Silences that stand in the configuration; `telltale silence` adds others while the gateway runs. */
export const silences = z
  .array(
    z.strictObject({
      matchers: matchers.refine((given) => Object.keys(given).length > 0, 'must say what is silenced'),
      author: z.string().min(1),
      comment: z.string().min(1),
      starts_at: z.iso.datetime({ offset: true }).optional(),
      ends_at: z.iso.datetime({ offset: true }),
    }),
  )
  .max(1000)
  .default([]);

/** One of `sinks`. */
export type SinkConfig = z.infer<typeof sinks>[number];
