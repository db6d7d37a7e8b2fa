import { type Context, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SEMANTICS } from './semantics.ts';

/** Whether a trace is among the sampled ones: the same answer for the same trace everywhere.
 *  @param ratio - 0 keeps none, 1 all */
export function isInSample(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;
}

/** What decides whether an exchange is traced. */
export interface SampledExchange {
  readonly traceId: string;
  readonly verdict: unknown;
  /** It failed, and not by the client's doing. */
  readonly isFailed: boolean;
  /** Of a caller that is trusted; undefined where there is none. */
  readonly callerFlags: number | undefined;
}

/** Flagged and failed exchanges always; under a caller that is trusted, those that the caller samples; of the others the
 *  sample. */
export function isKeptExchange(
  { traceId, verdict, isFailed, callerFlags }: SampledExchange,
  ratio: number,
): boolean {
  if ((verdict !== 'pass' && verdict !== 'unscored') || isFailed) return true;
  if (callerFlags !== undefined) return (callerFlags & TraceFlags.SAMPLED) !== 0;
  return isInSample(traceId, ratio);
}

/** Exchanges whose end is awaited; of more than these the children of the oldest are dropped. */
const MAX_OPEN = 10_000;

/** How it is decided what is kept. */
export interface SamplingOptions {
  /** Of exchanges that were neither flagged nor failed: 0 keeps none, 1 all. */
  readonly ratio: number;
  /** Called with the number of spans that were given up before their exchange had ended. */
  readonly onDropped: (spans: number) => void;
  /** Exchanges whose end is awaited; default 10,000. */
  readonly maxOpen?: number;
}

/** Decides when an exchange has ended, since only then it is known whether it was flagged: flagged and failed ones are
 *  always kept, of the others the sample; under a caller that is trusted, those that the caller samples. */
export function createSampling(next: SpanProcessor, options: SamplingOptions): SpanProcessor {
  const { ratio, onDropped, maxOpen = MAX_OPEN } = options;
  const children = new Map<string, ReadableSpan[]>();
  const keepChild = (span: ReadableSpan, parentId: string): void => {
    const siblings = children.get(parentId) ?? [];
    siblings.push(span);
    children.set(parentId, siblings);
    if (children.size <= maxOpen) return;
    const [oldest, given] = children.entries().next().value ?? [parentId, []];
    children.delete(oldest);
    onDropped(given.length);
  };
  return {
    onStart: (span: Span, context: Context) => next.onStart(span, context),
    onEnd(span) {
      const { kind, parentSpanContext } = span;
      if (kind !== SpanKind.SERVER && parentSpanContext !== undefined) {
        keepChild(span, parentSpanContext.spanId);
        return;
      }
      const { spanId } = span.spanContext();
      const all = [...(children.get(spanId) ?? []), span];
      children.delete(spanId);
      if (isKept(span, ratio)) for (const one of all) next.onEnd(one);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}

function isKept(span: ReadableSpan, ratio: number): boolean {
  const { attributes, status, parentSpanContext: caller } = span;
  const exchange = {
    traceId: span.spanContext().traceId,
    verdict: attributes[SEMANTICS.verdict],
    isFailed: status.code === SpanStatusCode.ERROR,
    callerFlags: caller?.traceFlags,
  };
  return isKeptExchange(exchange, ratio);
}
