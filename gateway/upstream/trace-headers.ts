import type { ExchangeSpan } from '../telemetry/index.ts';
import { headerOf, keptHeaders, type RawHeaders } from './headers.ts';

const TRACE_CONTEXT = new Set(['traceparent', 'tracestate']);

/** What an upstream is told of the trace: nothing, unless the configuration says so; then the context of the span that
 *  stands for its work, or, where nothing is traced here, the caller's own. Baggage goes nowhere.
 *  @param raw - the client's headers */
export function traceHeaders(
  raw: RawHeaders,
  isSent: boolean,
  span: Pick<ExchangeSpan, 'upstreamContext'>,
): string[] {
  if (!isSent) return [];
  const own = span.upstreamContext();
  if (own !== null) {
    const { traceparent, tracestate } = own;
    return ['traceparent', traceparent, ...(tracestate === null ? [] : ['tracestate', tracestate])];
  }
  if (headerOf(raw, 'traceparent') === undefined) return [];
  return keptHeaders(raw, (name) => TRACE_CONTEXT.has(name));
}
