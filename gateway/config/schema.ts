import { z } from 'zod';
import { isHop } from '../conversation/trusted-hops.ts';
import { policy, streaming } from './acting-schema.ts';
import { replay } from './replay-schema.ts';
import { scoring } from './scoring-schema.ts';
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
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Loopback unless told otherwise: a gateway without authentication of its own is not offered to the network.',
    ),
  port: port.default(8080).describe('0 takes any free port.'),
  prefix: z
    .string()
    .regex(/^(\/[\w.~-]+)*$/, 'must be empty or begin with / and not end with it')
    .default('/v1')
    .describe("What stands before the dialects' paths."),
  max_header_bytes: bytes
    .default(16_384)
    .describe("The most bytes of a request's headers together; above it the answer is 431."),
  max_headers: count.default(100).describe('The most headers of a request; above it the answer is 431.'),
  reuse_port: z
    .boolean()
    .default(false)
    .describe(
      'Lets another gateway listen on the same port beside this one (SO_REUSEPORT). At a stop this one takes no more connections, and answers what still comes on those that it has.',
    ),
});

/** Whose word is taken on who a caller is. */
const identity = z.strictObject({
  trusted_hops: z
    .array(z.string().refine(isHop, 'must be an address or a network such as 10.0.0.0/8'))
    .default([])
    .describe(
      'Addresses and networks of the proxies before the gateway, such as 10.0.0.7 and 10.0.0.0/8. What others say in these headers is ignored and counted; where none is named, nobody names callers and everybody names tenants.',
    ),
  caller_header: headerName
    .default('x-telltale-caller')
    .describe(
      'The header in which a trusted hop names the caller; without it a caller is a keyed hash of the API key.',
    ),
});

const review = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Where the review page listens.'),
  port: port.default(8081).describe('0 takes any free port.'),
  allowed_hosts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Names beside loopback and the host itself under which the page may be opened, behind a proxy for example.',
    ),
  url: httpUrl
    .nullable()
    .default(null)
    .describe(
      'Where people open the page, for the links in alerts; null is host and port. Gateways that share a database name the same, so that an alert is the same whoever delivers it.',
    ),
});

const metrics = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Where Prometheus reads /metrics.'),
  port: port.default(9464).describe('0 takes any free port.'),
});

const telemetry = z.strictObject({
  otlp_endpoint: httpUrl
    .nullable()
    .default(null)
    .describe('Where traces and metrics are sent over OTLP; null sends none.'),
  trust_trace_context: z
    .boolean()
    .default(false)
    .describe("Whether a caller's traceparent becomes the parent of the exchange's span, not only a link."),
  sample_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Of exchanges that were neither flagged nor failed, those that are traced; flagged and failed ones always are.',
    ),
});

const limits = z.strictObject({
  max_body_bytes: bytes
    .default(10 * 1024 * 1024)
    .describe("The most bytes of a request's body as it comes; above it the answer is 413."),
  max_decoded_bytes: bytes
    .default(32 * 1024 * 1024)
    .describe(
      'The most bytes of a body after decoding; of a request above it the answer is 400, of an answer it is not read further.',
    ),
  max_decoded_ratio: count
    .default(100)
    .describe('Decoded bytes over encoded bytes, from the first 64 KiB on.'),
  max_json_depth: z
    .int()
    .min(1)
    .max(1_000)
    .default(64)
    .describe('The most objects and lists that stand in one another.'),
  max_line_bytes: bytes
    .default(1024 * 1024)
    .describe(
      "The most bytes of one line of an event stream, of one event's lines of data together, or of one item of a streamed list; a longer one is not read.",
    ),
  max_segments: count
    .default(4_096)
    .describe('The most texts of an exchange that are read; those past it are recorded as over_cap.'),
  max_segment_tokens: count
    .default(65_536)
    .describe('The most tokens of one text; a longer one has failed with over_cap.'),
  max_in_flight: count
    .default(512)
    .describe('The most exchanges at once; above it the answer is 503 with Retry-After.'),
  min_in_flight: count
    .default(16)
    .describe(
      'So many are taken even where the thread or the reader falls behind; between the two bounds it adapts.',
    ),
  max_lag_ms: milliseconds
    .default(500)
    .describe('A thread whose timers fire so much late has fallen behind.'),
  retry_after_s: z
    .int()
    .min(1)
    .max(3_600)
    .default(1)
    .describe('What Retry-After says in answers with status 503.'),
  body_timeout_ms: milliseconds.default(60_000).describe("How long a request's body may take."),
  client_stall_ms: milliseconds
    .default(120_000)
    .describe('How long a client may read nothing before it counts as gone.'),
});

const detector = z.strictObject({
  workers: z.int().min(1).max(256).nullable().default(null).describe('Null is one for each core.'),
  niceness: z
    .int()
    .min(0)
    .max(19)
    .default(10)
    .describe(
      'How far the threads that read stand back, on Linux, behind what serves clients where cores are short; 0 gives all the same weight.',
    ),
  timeout_ms: milliseconds
    .default(10_000)
    .describe('How long one piece of text may wait for the reader before it has failed.'),
  max_queued_blocks: count
    .default(4_096)
    .describe('The most pieces of text that wait for the reader; above it they fail with queue_full.'),
  score_cache_bytes: z
    .int()
    .min(0)
    .max(2 ** 40)
    .default(64 * 1024 * 1024)
    .describe(
      'Room for scores of text that was read before, so that a conversation sent again costs its new turn only: numbers under digests, in memory alone, about 300 bytes a token with the shipped rules; 0 remembers nothing.',
    ),
  score_cache_entries: count
    .default(65_536)
    .describe(
      'The most texts, windows of longer texts, and texts without a disguise, that are remembered, each.',
    ),
});

/** Live false-alarm rates, held against those that rules promise. */
const drift = z.strictObject({
  window_hours: z
    .number()
    .min(0.01)
    .max(24 * 90)
    .default(24)
    .describe('A live rate is of the segments of so many hours.'),
  factor: z
    .number()
    .gt(1)
    .max(1_000)
    .default(3)
    .describe(
      'A live rate is clearly another when its 95 % interval lies above so many times the promised rate, or below the promised rate over so much.',
    ),
  check_ms: milliseconds.default(60_000).describe('Between two looks at the rates.'),
});

const stop = z.strictObject({
  grace_ms: milliseconds
    .default(20_000)
    .describe('How long exchanges may go on after SIGTERM before they end in an error.'),
});

/** Everything that can be set, with its default; the file has this shape. */
export const configSchema = z.strictObject({
  server: server.prefault({}).describe("Where clients' requests are taken."),
  identity: identity.prefault({}).describe('Whose word is taken on who a caller is.'),
  review: review.prefault({}).describe('The page on which people read what was flagged.'),
  metrics: metrics.prefault({}).describe('Metrics for Prometheus.'),
  upstream: upstream.prefault({}).describe('The upstream of every request that no other is for.'),
  upstreams: upstreams.describe(
    'Upstreams for some requests only, the first that fits; what is left out is as of `upstream`.',
  ),
  proxy: proxy
    .prefault({})
    .describe('Proxies on the way to upstreams, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them.'),
  model: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Folder of the reader, its dictionary and its concepts; null is the one that comes with Telltale.',
    ),
  rules: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Folders of rule files, joined by commas; `shipped` are those that come with Telltale, and so is null.',
    ),
  data: z.string().min(1).default('.telltale').describe('Folder of state: store, alerts file, keys.'),
  store: store
    .prefault({})
    .describe('Where exchanges and alerts are kept, how much of them, and for how long.'),
  replay: replay
    .prefault({})
    .describe('What is kept of readings, so that other rules can be tried on traffic that has passed.'),
  kafka: kafka
    .prefault({})
    .describe('The sink that environment variables can set up; without brokers there is none.'),
  sinks: sinks.describe(
    'Sinks beside `kafka`, each at its own pace; where there is none at all, alerts go to a file in the data folder. See [sinks](sinks.md).',
  ),
  silences: silences.describe(
    'Silences that stand in the configuration; `telltale silence` adds others while the gateway runs.',
  ),
  telemetry: telemetry.prefault({}).describe('Traces and metrics over OTLP.'),
  scoring: scoring
    .prefault({})
    .describe('Where exchanges are scored: in the gateway, or by workers. See [workers](workers.md).'),
  policy: policy
    .prefault({})
    .describe('What the gateway does with what it finds, and with what it cannot read.'),
  streaming: streaming.prefault({}).describe('How streamed answers go on where a rule enforces.'),
  limits: limits.prefault({}).describe('Bounds on what comes from outside.'),
  detector: detector.prefault({}).describe('The reader and its threads.'),
  drift: drift.prefault({}).describe('Live false-alarm rates, held against those that rules promise.'),
  stop: stop.prefault({}).describe('What happens at SIGTERM.'),
});

/** A validated configuration. */
export type Config = z.infer<typeof configSchema>;
