import { z } from 'zod';
import { isHop } from '../conversation/trusted-hops.ts';
import { policy, streaming } from './acting-schema.ts';
import { replay } from './replay-schema.ts';
import { kafka, silences, sinks } from './sinks-schema.ts';
import { store } from './store-schema.ts';
import { headerName, httpUrl, proxy, upstream, upstreams } from './upstream-schema.ts';

const port = z.int().min(0).max(65_535);
const milliseconds = z.int().min(1).max(86_400_000);
const bytes = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const count = z.int().min(1).max(1_000_000);

const server = z.strictObject({
  /** Loopback unless told otherwise: a gateway without authentication of its own is not offered to the network. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: port.default(8080),
  /** What stands before the dialects' paths. */
  prefix: z
    .string()
    .regex(/^(\/[\w.~-]+)*$/, 'must be empty or begin with / and not end with it')
    .default('/v1'),
  max_header_bytes: bytes.default(16_384),
  max_headers: count.default(100),
  /** Lets another gateway listen on the same port beside this one (SO_REUSEPORT). At a stop this one takes no more
   *  connections, and answers what still comes on those that it has. */
  reuse_port: z.boolean().default(false),
});

/** Whose word is taken on who a caller is. */
const identity = z.strictObject({
  /** Addresses and networks of the proxies before the gateway, such as 10.0.0.7 and 10.0.0.0/8. What others say in these
   *  headers is ignored and counted; where none is named, nobody names callers and everybody names tenants. */
  trusted_hops: z
    .array(z.string().refine(isHop, 'must be an address or a network such as 10.0.0.0/8'))
    .default([]),
  /** The header in which a trusted hop names the caller; without it a caller is a keyed hash of the API key. */
  caller_header: headerName.default('x-telltale-caller'),
});

const review = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(8081),
  /** Names beside loopback and the host itself under which the page may be opened, behind a proxy for example. */
  allowed_hosts: z.array(z.string().min(1)).default([]),
});

const metrics = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(9464),
});

const telemetry = z.strictObject({
  otlp_endpoint: httpUrl.nullable().default(null),
  /** Whether a caller's traceparent becomes the parent of the exchange's span, not only a link. */
  trust_trace_context: z.boolean().default(false),
  /** Of exchanges that were neither flagged nor failed, those that are traced; flagged and failed ones always are. */
  sample_ratio: z.number().min(0).max(1).default(1),
});

const limits = z.strictObject({
  max_body_bytes: bytes.default(10 * 1024 * 1024),
  max_decoded_bytes: bytes.default(32 * 1024 * 1024),
  /** Decoded bytes over encoded bytes, from the first 64 KiB on. */
  max_decoded_ratio: count.default(100),
  max_json_depth: z.int().min(1).max(1_000).default(64),
  max_line_bytes: bytes.default(1024 * 1024),
  max_segments: count.default(4_096),
  max_segment_tokens: count.default(65_536),
  max_in_flight: count.default(512),
  /** So many are taken even where the thread or the reader falls behind; between the two bounds it adapts. */
  min_in_flight: count.default(16),
  /** A thread whose timers fire so much late has fallen behind. */
  max_lag_ms: milliseconds.default(500),
  retry_after_s: z.int().min(1).max(3_600).default(1),
  /** How long a request's body may take. */
  body_timeout_ms: milliseconds.default(60_000),
  /** How long a client may read nothing before it counts as gone. */
  client_stall_ms: milliseconds.default(120_000),
});

const detector = z.strictObject({
  /** Null is one for each core. */
  workers: z.int().min(1).max(256).nullable().default(null),
  timeout_ms: milliseconds.default(10_000),
  max_queued_blocks: count.default(4_096),
  /** Room for scores of text that was read before, so that a conversation sent again costs its new turn only: numbers
   *  under digests, in memory alone, about 300 bytes a token with the shipped rules; 0 remembers nothing. */
  score_cache_bytes: z
    .int()
    .min(0)
    .max(2 ** 40)
    .default(64 * 1024 * 1024),
  /** The most texts, windows of longer texts, and texts without a disguise, that are remembered, each. */
  score_cache_entries: count.default(65_536),
});

/** Live false-alarm rates, held against those that rules promise. */
const drift = z.strictObject({
  /** A live rate is of the segments of so many hours. */
  window_hours: z
    .number()
    .min(0.01)
    .max(24 * 90)
    .default(24),
  /** A live rate is clearly another when its 95 % interval lies above so many times the promised rate, or below the
   *  promised rate over so much. */
  factor: z.number().gt(1).max(1_000).default(3),
  /** Between two looks at the rates. */
  check_ms: milliseconds.default(60_000),
});

const stop = z.strictObject({ grace_ms: milliseconds.default(20_000) });

/** Everything that can be set, with its default; the file has this shape. */
export const configSchema = z.strictObject({
  server: server.prefault({}),
  identity: identity.prefault({}),
  review: review.prefault({}),
  metrics: metrics.prefault({}),
  upstream: upstream.prefault({}),
  /** Upstreams for some requests only, the first that fits. */
  upstreams,
  proxy: proxy.prefault({}),
  /** Folder of the reader, its dictionary and its concepts; null is the one that comes with Telltale. */
  model: z.string().min(1).nullable().default(null),
  /** Folder of rule files; null is the rules that come with Telltale. */
  rules: z.string().min(1).nullable().default(null),
  /** Folder of state: store, alerts file, keys. */
  data: z.string().min(1).default('.telltale'),
  store: store.prefault({}),
  replay: replay.prefault({}),
  kafka: kafka.prefault({}),
  sinks,
  silences,
  telemetry: telemetry.prefault({}),
  policy: policy.prefault({}),
  streaming: streaming.prefault({}),
  limits: limits.prefault({}),
  detector: detector.prefault({}),
  drift: drift.prefault({}),
  stop: stop.prefault({}),
});

/** A validated configuration. */
export type Config = z.infer<typeof configSchema>;
