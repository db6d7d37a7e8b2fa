import { ROOT_CONTEXT, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import { bounded, boundedName } from './bounded.ts';
import { evaluationOf } from './evaluation.ts';
import { createExchangeChildren } from './exchange-children.ts';
import { isInSample, isKept } from './sampling.ts';
import { SEMANTICS } from './semantics.ts';
import { contentAttributes } from './span-content.ts';
import { isFailure, setError } from './span-error.ts';
import { formatTraceContext, parseTraceContext } from './trace-context.ts';
import type { ExchangeDetail, ExchangeEnd, ExchangeSpan, ExchangeStart } from './types.ts';

/** More of an exchange's findings are no events of its span; what is recorded has them all. */
const MAX_FINDINGS = 512;

/** Room for the other events beside them: the SDK would shift out the first ones. */
export const MAX_SPAN_EVENTS = MAX_FINDINGS + 16;

/** How the exchange's span is made. */
export interface ExchangeSpanParts {
  readonly tracer: Tracer;
  /** Whether the caller's trace context becomes the parent; otherwise it is a link from a new root. */
  readonly isContextTrusted: boolean;
  /** Of exchanges that were neither flagged nor failed, those that are traced. */
  readonly sampleRatio: number;
  /** A finding that found no room in the span. */
  readonly onDroppedFinding: () => void;
}

/** The span of one exchange. */
export interface TracedExchange extends Omit<ExchangeSpan, 'end'> {
  readonly traceId: string;
  /** Called once.
   *  @returns whether the exchange is kept */
  end(end: ExchangeEnd): boolean;
}

/** Begins the span of one exchange: a server span in GenAI words, children for upstream, scoring, rules and commit, and
 *  an event `gen_ai.evaluation.result` per finding. It carries no text of the exchange but what its end gives it. */
export function startExchangeSpan(parts: ExchangeSpanParts, start: ExchangeStart): TracedExchange {
  const caller = parseTraceContext(start.traceparent, start.tracestate);
  const parent = parts.isContextTrusted ? caller : undefined;
  const span = startRoot(parts.tracer, start, { caller, parent });
  const children = createExchangeChildren(parts.tracer, span);
  const { traceId } = span.spanContext();
  const callerFlags = parent?.traceFlags;
  let isStreamed = false;
  let findings = 0;
  return {
    traceId,
    upstreamContext() {
      const upstream = children.upstreamSpan();
      if (upstream === null) return null;
      // Whether the exchange will be flagged nobody knows yet: the upstream samples as it would be if not.
      const flags = callerFlags ?? (isInSample(traceId, parts.sampleRatio) ? 1 : 0);
      return formatTraceContext({ ...upstream.spanContext(), traceFlags: flags });
    },
    detail(detail) {
      isStreamed = detail.isStreamed;
      describe(span, detail, start.words?.operation);
    },
    upstream: (host) => children.upstream(host),
    event: (event) => children.mark(event),
    finding(finding) {
      findings += 1;
      if (findings > MAX_FINDINGS) parts.onDroppedFinding();
      else span.addEvent(SEMANTICS.evaluationResult, bounded(evaluationOf(finding)));
    },
    end(end) {
      const exchange = { traceId, verdict: end.verdict, isFailed: isFailure(end.error), callerFlags };
      // A span that is never ended is exported nowhere.
      if (!isKept(exchange, parts.sampleRatio)) return false;
      children.finish(end);
      conclude(span, end, isStreamed);
      return true;
    },
  };
}

type Context = ReturnType<typeof parseTraceContext>;

function startRoot(
  tracer: Tracer,
  start: ExchangeStart,
  { caller, parent }: { readonly caller: Context; readonly parent: Context },
): Span {
  const { words } = start;
  const options = {
    kind: SpanKind.SERVER,
    links: caller === undefined || parent !== undefined ? [] : [{ context: caller }],
    attributes: {
      [SEMANTICS.exchangeId]: start.exchangeId,
      [SEMANTICS.httpMethod]: start.method,
      [SEMANTICS.httpRoute]: start.route,
      ...(words && { [SEMANTICS.operationName]: words.operation, [SEMANTICS.providerName]: words.provider }),
    },
  };
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  return tracer.startSpan(words?.operation ?? `${start.method} ${start.route}`, options, context);
}

function describe(span: Span, detail: ExchangeDetail, operation: string | undefined): void {
  span.setAttribute(SEMANTICS.conversationId, boundedName(detail.conversationId));
  span.setAttribute(SEMANTICS.requestIsStreamed, detail.isStreamed);
  if (detail.model === null) return;
  const model = boundedName(detail.model);
  span.setAttribute(SEMANTICS.requestModel, model);
  if (operation !== undefined) span.updateName(`${operation} ${model}`);
}

function conclude(span: Span, end: ExchangeEnd, isStreamed: boolean): void {
  const told = {
    [SEMANTICS.httpStatus]: end.status,
    [SEMANTICS.verdict]: end.verdict,
    [SEMANTICS.tokensScored]: end.tokensScored,
    ...(end.finishReasons.length > 0 && { [SEMANTICS.finishReasons]: [...end.finishReasons] }),
    ...(end.responseId !== null && { [SEMANTICS.responseId]: end.responseId }),
    ...(end.responseModel !== null && { [SEMANTICS.responseModel]: end.responseModel }),
    ...(isStreamed && end.firstByteMs !== null && { [SEMANTICS.timeToFirstChunk]: end.firstByteMs / 1000 }),
    ...(end.usage !== null && {
      [SEMANTICS.inputTokens]: end.usage.inputTokens,
      [SEMANTICS.outputTokens]: end.usage.outputTokens,
    }),
  };
  span.setAttributes(bounded(told));
  if (end.content !== null) span.setAttributes(contentAttributes(end.content));
  setError(span, end.error);
  span.end();
}
