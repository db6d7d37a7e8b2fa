import { join } from 'node:path';
import protobuf from 'protobufjs';

/** An OTLP request in the form of its JSON encoding: ids are hex, 64-bit integers are decimal strings. */
export interface WireTraces {
  resourceSpans?: { resource?: WireResource; scopeSpans?: { scope?: WireScope; spans?: WireSpan[] }[] }[];
}
/** The same for metrics. */
export interface WireMetrics {
  resourceMetrics?: {
    resource?: WireResource;
    scopeMetrics?: { scope?: WireScope; metrics?: WireMetric[] }[];
  }[];
}
export interface WireResource {
  attributes?: WireKeyValue[];
}
export interface WireScope {
  name?: string;
  version?: string;
}
export interface WireKeyValue {
  key: string;
  value?: WireValue;
}
/** One of these is set, or none. */
export interface WireValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  bytesValue?: string;
  arrayValue?: { values?: WireValue[] };
  kvlistValue?: { values?: WireKeyValue[] };
}
export interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: WireKeyValue[];
  events?: { name: string; timeUnixNano?: string; attributes?: WireKeyValue[] }[];
  status?: { code?: number; message?: string };
}
export interface WireMetric {
  name: string;
  description?: string;
  unit?: string;
  gauge?: { dataPoints?: WirePoint[] };
  sum?: { dataPoints?: WirePoint[] };
  histogram?: { dataPoints?: WirePoint[] };
}
/** A point of a gauge or a sum (asDouble or asInt) or of a histogram (count, sum, buckets). */
export interface WirePoint {
  attributes?: WireKeyValue[];
  asDouble?: number;
  asInt?: string | number;
  count?: string | number;
  sum?: number;
  bucketCounts?: (string | number)[];
  explicitBounds?: number[];
}

const ID_FIELDS = new Set(['traceId', 'spanId', 'parentSpanId']);
const schema = protobuf.loadSync(join(import.meta.dirname, 'otlp.proto'));

/** Decodes the body of an export request, protobuf or JSON by its content type.
 *  @param message - the request's name in otlp.proto
 *  @throws Error when the body is not such a message or the content type is neither */
export function decodeOtlp(message: string, contentType: string, body: Uint8Array): WireTraces & WireMetrics {
  if (contentType.startsWith('application/json')) return JSON.parse(Buffer.from(body).toString('utf8'));
  if (!contentType.startsWith('application/x-protobuf')) throw new Error(`content type ${contentType}`);
  const type = schema.lookupType(`otlp.${message}`);
  return inJsonForm(type.toObject(type.decode(body), { longs: String, bytes: Buffer })) as WireTraces;
}

function inJsonForm(value: unknown, field = ''): unknown {
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString(ID_FIELDS.has(field) ? 'hex' : 'base64');
  }
  if (Array.isArray(value)) return value.map((item) => inJsonForm(item, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inJsonForm(item, key)]));
}
