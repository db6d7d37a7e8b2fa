import type { WireKeyValue, WireMetric, WireMetrics, WirePoint, WireTraces, WireValue } from './otlp-wire.ts';

/** An attribute as a test reads it: integers are numbers, bytes base64, maps objects. */
export type AttributeValue =
  | string
  | number
  | boolean
  | undefined
  | AttributeValue[]
  | { [key: string]: AttributeValue };
export type Attributes = Record<string, AttributeValue>;

/** A span as it arrived, with the resource and the scope that it came under. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root span. */
  parentSpanId: string;
  name: string;
  /** OTLP's numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  startNs: bigint;
  endNs: bigint;
  attributes: Attributes;
  events: { name: string; timeNs: bigint; attributes: Attributes }[];
  /** 0 unset, 1 ok, 2 error. */
  status: { code: number; message: string };
  scope: string;
  resource: Attributes;
}

/** One data point of a metric as it arrived. `value` is undefined for histograms, the rest for the others. */
export interface ReceivedPoint {
  metric: string;
  unit: string;
  kind: 'gauge' | 'sum' | 'histogram';
  attributes: Attributes;
  value: number | undefined;
  count: number | undefined;
  sum: number | undefined;
  bucketCounts: number[];
  bounds: number[];
  resource: Attributes;
}

/** All spans of a request, flat. */
export function readSpans({ resourceSpans = [] }: WireTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind ?? 0,
        startNs: BigInt(span.startTimeUnixNano ?? 0),
        endNs: BigInt(span.endTimeUnixNano ?? 0),
        attributes: readAttributes(span.attributes),
        events: (span.events ?? []).map((event) => ({
          name: event.name,
          timeNs: BigInt(event.timeUnixNano ?? 0),
          attributes: readAttributes(event.attributes),
        })),
        status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
        scope: scope?.name ?? '',
        resource: readAttributes(resource?.attributes),
      })),
    ),
  );
}

/** All data points of a request, flat. */
export function readPoints({ resourceMetrics = [] }: WireMetrics): ReceivedPoint[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics = [] }) =>
    scopeMetrics
      .flatMap(({ metrics = [] }) => metrics.flatMap(pointsOf))
      .map((point) => ({ ...point, resource: readAttributes(resource?.attributes) })),
  );
}

function pointsOf(metric: WireMetric): Omit<ReceivedPoint, 'resource'>[] {
  const kinds = ['gauge', 'sum', 'histogram'] as const;
  return kinds.flatMap((kind) =>
    (metric[kind]?.dataPoints ?? []).map((point) => ({
      metric: metric.name,
      unit: metric.unit ?? '',
      kind,
      attributes: readAttributes(point.attributes),
      ...readNumbers(point),
    })),
  );
}

function readNumbers(point: WirePoint) {
  return {
    value: numberOf(point.asDouble ?? point.asInt),
    count: numberOf(point.count),
    sum: point.sum,
    bucketCounts: (point.bucketCounts ?? []).map(Number),
    bounds: point.explicitBounds ?? [],
  };
}

function readAttributes(pairs: readonly WireKeyValue[] = []): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, readValue(value)]));
}

function readValue(value: WireValue = {}): AttributeValue {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map((item) => readValue(item));
  if (value.kvlistValue) return readAttributes(value.kvlistValue.values);
  const scalar = value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
  return scalar ?? numberOf(value.intValue);
}

function numberOf(value: string | number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
