import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { type MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { MAX_SPAN_EVENTS } from './exchange-span.ts';
import { type OutageListener, watchExporter } from './outage-watch.ts';

const MAX_QUEUED_SPANS = 4_096;
const MAX_BATCH_SPANS = 512;

/** Where and how often traces and metrics go. */
export interface OtlpTarget {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: the base URL; `/v1/traces` and `/v1/metrics` are appended.
   *  Headers come from `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly endpoint: string;
  readonly spanDelayMs: number;
  readonly metricIntervalMs: number;
  /** How long one export may take, retries included. */
  readonly exportTimeoutMs: number;
  readonly outages: OutageListener;
}

/** Spans over OTLP http/protobuf, from a bounded queue that drops and counts when the receiver is too slow. */
export function createTracerProvider(
  target: OtlpTarget,
  resource: Resource,
  meterProvider: MeterProvider,
): TracerProvider {
  const exporter = new OTLPTraceExporter({
    url: signalUrl(target.endpoint, 'v1/traces'),
    timeoutMillis: target.exportTimeoutMs,
  });
  const batches = new BatchSpanProcessor({
    exporter: watchExporter(exporter, 'traces', target.outages),
    maxQueueSize: MAX_QUEUED_SPANS,
    maxExportBatchSize: MAX_BATCH_SPANS,
    scheduledDelayMillis: target.spanDelayMs,
    exportTimeoutMillis: target.exportTimeoutMs,
    selfObsMeterProvider: meterProvider,
  });
  // What is kept is decided at the end of an exchange: until then every one has its span.
  return new TracerProvider({
    resource,
    spanProcessors: [batches],
    sampler: new AlwaysOnSampler(),
    spanLimits: { eventCountLimit: MAX_SPAN_EVENTS },
  });
}

/** Metrics over OTLP http/protobuf at an interval. */
export function createMetricReader(target: OtlpTarget): PeriodicExportingMetricReader {
  const exporter = new OTLPMetricExporter({
    url: signalUrl(target.endpoint, 'v1/metrics'),
    timeoutMillis: target.exportTimeoutMs,
  });
  return new PeriodicExportingMetricReader({
    exporter: watchExporter(exporter, 'metrics', target.outages),
    exportIntervalMillis: target.metricIntervalMs,
    exportTimeoutMillis: Math.min(target.exportTimeoutMs, target.metricIntervalMs),
  });
}

function signalUrl(endpoint: string, path: string): string {
  return `${endpoint.replace(/\/+$/, '')}/${path}`;
}
