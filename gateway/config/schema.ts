import { z } from 'zod';
import { isHop } from '../conversation/trusted-hops.ts';
import { policy, streaming } from './acting-schema.ts';
import { detector, drift } from './detector-schema.ts';
import { limits } from './limits-schema.ts';
import { metrics, review, server } from './listeners-schema.ts';
import { milliseconds } from './numbers.ts';
import { replay } from './replay-schema.ts';
import { scoring } from './scoring-schema.ts';
import { kafka, silences, sinks } from './sinks-schema.ts';
import { store } from './store-schema.ts';
import { headerName, httpUrl, proxy, upstream, upstreams } from './upstream-schema.ts';

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

const telemetry = z.strictObject({
  otlp_endpoint: httpUrl
    .nullable()
    .default(null)
    .describe('Where traces and metrics are sent over OTLP; null sends none.'),
  trust_trace_context: z
    .boolean()
    .default(false)
    .describe("Whether a caller's traceparent becomes the parent of the exchange's span, not only a link."),
  send_trace_context: z
    .boolean()
    .default(false)
    .describe(
      "Whether upstreams are told of the trace, as traceparent and tracestate; otherwise neither the own context nor the caller's goes on. Baggage never does.",
    ),
  content: z
    .enum(['none', 'reference', 'spans'])
    .default('none')
    .describe(
      "What spans tell of an exchange's text: nothing; where the review page shows it, of flagged exchanges; or the text itself, as it came.",
    ),
  sample_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Of exchanges that were neither flagged nor failed, those that are traced; flagged and failed ones always are.',
    ),
});

const stop = z.strictObject({
  grace_ms: milliseconds
    .default(20_000)
    .describe(
      'How long exchanges may go on after SIGTERM before they end in an error. What comes then may take 17 s more, and 22 s where exchanges are handed over: 10 s for the records of those, 5 s for alerts, 5 s for what is handed over, 2 s for telemetry. Whoever kills the process waits for the sum.',
    ),
});

/** Everything that can be set, with its default; the file has this shape. */
export const configSchema = z.strictObject({
  server: server.prefault({}).describe("Where clients' requests are taken."),
  identity: identity.prefault({}).describe('Whose word is taken on who a caller is.'),
  review: review.prefault({}).describe('The page on which people read what was flagged.'),
  metrics: metrics.prefault({}).describe('Metrics for Prometheus.'),
  upstream: upstream.prefault({}).describe('The upstream of every request that no other is for.'),
  upstreams: upstreams.describe(
    'Upstreams for some requests only, the first that fits; what is left out is as of `upstream`, but for the key.',
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
