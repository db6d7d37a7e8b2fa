import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** Trace context as headers carry it. */
export interface TraceContextHeaders {
  readonly traceparent: string;
  readonly tracestate: string | null;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_TRACESTATE_CHARACTERS = 512;

/** The caller's span out of W3C trace context headers; undefined where they are missing or malformed.
 *  @see https://www.w3.org/TR/trace-context/#traceparent-header */
export function parseTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): SpanContext | undefined {
  const match = TRACEPARENT.exec(traceparent?.trim() ?? '');
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '00', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  if (!isSpanContextValid(context)) return undefined;
  if (tracestate === undefined || tracestate.length > MAX_TRACESTATE_CHARACTERS) return context;
  return { ...context, traceState: createTraceState(tracestate) };
}

/** A span's own context for a request that it sends. */
export function formatTraceContext(context: SpanContext): TraceContextHeaders {
  const { traceId, spanId, traceFlags, traceState } = context;
  const flags = traceFlags.toString(16).padStart(2, '0');
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize() || null };
}
