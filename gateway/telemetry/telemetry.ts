import type { Tracer } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { withinDeadline } from './deadline.ts';
import { startExchangeSpan } from './exchange-span.ts';
import { createExemplars, type Exemplars } from './exemplars.ts';
import { createMetricReader, createTracerProvider } from './exporters.ts';
import { registerGauges } from './gauges.ts';
import { createInstruments, type Instruments, SECONDS } from './instruments.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { OutageListener } from './outage-watch.ts';
import { registerProcessGauges } from './process-gauges.ts';
import type { ExchangeEnd, ExchangeSpan, ExchangeStart, Telemetry } from './types.ts';

const SCOPE = 'telltale';

/** How the gateway's telemetry is set up. */
export interface TelemetryOptions {
  /** Version of the gateway, for the resource. */
  readonly version: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; undefined: no spans are made and nothing is exported. */
  readonly otlpEndpoint: string | undefined;
  /** Whether a caller's `traceparent` becomes the parent; default false: a new root with a link to it. */
  readonly trustTraceContext?: boolean;
  /** Wait before a batch of spans is sent; default 1,000 ms. */
  readonly spanDelayMs?: number;
  /** Between two exports of metrics; default 15,000 ms. */
  readonly metricIntervalMs?: number;
  /** How long one export may take; default 5,000 ms. */
  readonly exportTimeoutMs?: number;
  /** How long `close` may take; default 2,000 ms. */
  readonly closeTimeoutMs?: number;
  /** Of exchanges that were neither flagged nor failed, those that are traced: 0 to 1; default 1. */
  readonly sampleRatio?: number;
  /** Told once when exports begin to fail, and once when they work again. */
  readonly outages?: OutageListener;
}

/** Traces and metrics through OpenTelemetry: metrics are always there for Prometheus to read; spans are made, and both
 *  are exported, where an OTLP endpoint is named. An endpoint that hangs or refuses costs spans, never a request. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const resource = resourceOf(options.version);
  const target = otlpTarget(options);
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const readers: IMetricReader[] =
    target === undefined ? [prometheus] : [prometheus, createMetricReader(target)];
  const meterProvider = new MeterProvider({ resource, readers });
  const meter = meterProvider.getMeter(SCOPE, options.version);
  const instruments = createInstruments(meter);
  const stopProcessGauges = registerProcessGauges(meter);
  const tracerProvider = target && createTracerProvider(target, resource, meterProvider);
  const parts = {
    instruments,
    tracer: tracerProvider?.getTracer(SCOPE, options.version),
    isContextTrusted: options.trustTraceContext ?? false,
    exemplars: createExemplars(SECONDS, instruments.recordDroppedExemplar),
    sampleRatio: options.sampleRatio ?? 1,
  };
  return {
    startExchange: (start) => startExchange(parts, start),
    recordUnscanned: instruments.recordUnscanned,
    recordPolicyUse: instruments.recordPolicyUse,
    recordError: instruments.recordError,
    recordUnrecorded: instruments.recordUnrecorded,
    recordRuleReload: instruments.recordRuleReload,
    recordHeldBack: instruments.recordHeldBack,
    recordEvictedGroups: instruments.recordEvictedGroups,
    recordForgottenWords: instruments.recordForgottenWords,
    recordIgnoredHeader: instruments.recordIgnoredHeader,
    recordScanned: instruments.recordScanned,
    recordDriftAlert: instruments.recordDriftAlert,
    recordFinding: instruments.recordFinding,
    recordWork: instruments.recordWork,
    observeGauges: (read) => registerGauges(meter, read),
    metricsText: async (format = 'prometheus') => {
      const text = await serialize(prometheus);
      return format === 'openmetrics' ? parts.exemplars.openMetrics(text) : text;
    },
    close: async () => {
      stopProcessGauges();
      const work = Promise.allSettled([tracerProvider?.shutdown(), meterProvider.shutdown()]);
      await withinDeadline(work, options.closeTimeoutMs ?? 2_000);
    },
  };
}

/** This process, apart from replicas that send to the same receiver: metrics of two under one name would be one series.
 *  `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` add to it and win. */
function resourceOf(version: string): Resource {
  const own = resourceFromAttributes({
    'service.name': SCOPE,
    'service.version': version,
    'service.instance.id': crypto.randomUUID(),
  });
  return own.merge(detectResources({ detectors: [envDetector] }));
}

function otlpTarget(options: TelemetryOptions) {
  const {
    otlpEndpoint: endpoint,
    spanDelayMs = 1_000,
    metricIntervalMs = 15_000,
    exportTimeoutMs = 5_000,
  } = options;
  const { outages = { onOutage: () => {}, onRecovery: () => {} } } = options;
  const times = { spanDelayMs, metricIntervalMs, exportTimeoutMs };
  return endpoint === undefined ? undefined : { endpoint, ...times, outages };
}

async function serialize(reader: PrometheusExporter): Promise<string> {
  const { resourceMetrics } = await reader.collect();
  const text = new PrometheusSerializer(undefined, false, undefined, false, true).serialize(resourceMetrics);
  return text.endsWith('\n') ? text : `${text}\n`;
}

interface ExchangeParts {
  readonly instruments: Instruments;
  readonly tracer: Tracer | undefined;
  readonly isContextTrusted: boolean;
  readonly exemplars: Exemplars;
  readonly sampleRatio: number;
}

function startExchange(parts: ExchangeParts, start: ExchangeStart): ExchangeSpan {
  const { instruments, tracer, isContextTrusted, sampleRatio } = parts;
  const onDroppedFinding = instruments.recordDroppedFinding;
  const startedMs = performance.now();
  const span =
    tracer && startExchangeSpan({ tracer, isContextTrusted, sampleRatio, onDroppedFinding }, start);
  let isEnded = false;
  return {
    traceId: span?.traceId ?? null,
    upstreamContext: () => span?.upstreamContext() ?? null,
    detail: (detail) => span?.detail(detail),
    upstream: (host) => span?.upstream(host),
    event: (event) => span?.event(event),
    finding(finding) {
      instruments.recordFinding(finding);
      span?.finding(finding);
    },
    end(end) {
      if (isEnded) return;
      isEnded = true;
      const durationMs = performance.now() - startedMs;
      instruments.recordExchange(start, end, durationMs);
      // Only traces that are kept: a link that leads nowhere is worse than none.
      if (span?.end(end)) noteExemplars(parts.exemplars, { start, end, durationMs, traceId: span.traceId });
    },
  };
}

interface Ended {
  readonly start: ExchangeStart;
  readonly end: ExchangeEnd;
  readonly durationMs: number;
  readonly traceId: string;
}

function noteExemplars(exemplars: Exemplars, { start, end, durationMs, traceId }: Ended): void {
  const labels = { dialect: start.dialect };
  exemplars.note(METRIC_NAMES.exchangeDuration, labels, { value: durationMs / 1000, traceId });
  exemplars.note(METRIC_NAMES.addedLatency, labels, { value: end.addedMs / 1000, traceId });
  if (end.firstByteMs === null) return;
  exemplars.note(METRIC_NAMES.firstByte, labels, { value: end.firstByteMs / 1000, traceId });
}
