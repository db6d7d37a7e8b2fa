import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Finding } from '../../rules/index.ts';
import { SEMANTICS } from './semantics.ts';
import { parseTraceContext } from './trace-context.ts';
import type {
  ExchangeDetail,
  ExchangeEnd,
  ExchangeError,
  ExchangeEvent,
  ExchangeSpan,
  ExchangeStart,
} from './types.ts';

/** The parts of an exchange that become child spans: from one moment to another. */
const CHILDREN: readonly { name: string; from: ExchangeEvent; to: ExchangeEvent; kind: SpanKind }[] = [
  { name: 'score request', from: 'request_read', to: 'request_scanned', kind: SpanKind.INTERNAL },
  { name: 'upstream', from: 'upstream_started', to: 'upstream_ended', kind: SpanKind.CLIENT },
  { name: 'score response', from: 'upstream_first_byte', to: 'response_scanned', kind: SpanKind.INTERNAL },
];

/** Moments that stay visible as span events; the others are the borders of children. */
const VISIBLE: ReadonlySet<ExchangeEvent> = new Set(['upstream_first_byte', 'blocked', 'client_gone']);

/** Errors that are the client's doing leave the span's status unset, as HTTP server spans do with 4xx. */
const CLIENT_ERRORS: ReadonlySet<ExchangeError> = new Set([
  'bad_request',
  'body_too_large',
  'unknown_path',
  'client_gone',
]);

/** How the exchange's span is made. */
export interface ExchangeSpanParts {
  readonly tracer: Tracer;
  /** Whether the caller's trace context becomes the parent; otherwise it is a link from a new root. */
  readonly isContextTrusted: boolean;
}

/** Begins the span of one exchange: a server span in GenAI words, children for upstream, scoring and commit, and an
 *  event `gen_ai.evaluation.result` per finding. It carries no text of the exchange. */
export function startExchangeSpan(parts: ExchangeSpanParts, start: ExchangeStart): ExchangeSpan {
  const span = startRoot(parts, start);
  const moments = createMoments(parts.tracer, span);
  let isEnded = false;
  return {
    traceId: span.spanContext().traceId,
    detail: (detail) => describe(span, detail, start.words?.operation),
    upstream: (host) => moments.upstream(host),
    event: (event) => moments.mark(event),
    finding: (finding) => span.addEvent(SEMANTICS.evaluationResult, evaluationAttributes(finding)),
    end: (end) => {
      if (isEnded) return;
      isEnded = true;
      moments.finish(end.error);
      conclude(span, end);
    },
  };
}

function startRoot({ tracer, isContextTrusted }: ExchangeSpanParts, start: ExchangeStart): Span {
  const caller = parseTraceContext(start.traceparent, start.tracestate);
  const isParent = caller !== undefined && isContextTrusted;
  const { words } = start;
  const options = {
    kind: SpanKind.SERVER,
    links: caller === undefined || isParent ? [] : [{ context: caller }],
    attributes: {
      [SEMANTICS.exchangeId]: start.exchangeId,
      [SEMANTICS.httpMethod]: start.method,
      [SEMANTICS.httpRoute]: start.route,
      ...(words && { [SEMANTICS.operationName]: words.operation, [SEMANTICS.providerName]: words.provider }),
    },
  };
  const context = isParent ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
  return tracer.startSpan(words?.operation ?? `${start.method} ${start.route}`, options, context);
}

function describe(span: Span, detail: ExchangeDetail, operation: string | undefined): void {
  span.setAttribute(SEMANTICS.conversationId, detail.conversationId);
  span.setAttribute(SEMANTICS.requestIsStreamed, detail.isStreamed);
  if (detail.model === null) return;
  span.setAttribute(SEMANTICS.requestModel, detail.model);
  if (operation !== undefined) span.updateName(`${operation} ${detail.model}`);
}

function conclude(span: Span, end: ExchangeEnd): void {
  span.setAttributes({
    [SEMANTICS.httpStatus]: end.status,
    [SEMANTICS.verdict]: end.verdict,
    [SEMANTICS.tokensScored]: end.tokensScored,
    ...(end.finishReasons.length > 0 && { [SEMANTICS.finishReasons]: [...end.finishReasons] }),
    ...(end.responseModel !== null && { [SEMANTICS.responseModel]: end.responseModel }),
    ...(end.firstByteMs !== null && { [SEMANTICS.timeToFirstChunk]: end.firstByteMs / 1000 }),
    ...(end.usage !== null && {
      [SEMANTICS.inputTokens]: end.usage.inputTokens,
      [SEMANTICS.outputTokens]: end.usage.outputTokens,
    }),
  });
  setError(span, end.error);
  span.end();
}

function setError(span: Span, error: ExchangeError | null): void {
  if (error === null) return;
  span.setAttribute(SEMANTICS.errorType, error);
  if (!CLIENT_ERRORS.has(error)) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
}

function evaluationAttributes(finding: Finding): Record<string, string | number> {
  const [condition] = finding.conditions;
  return {
    [SEMANTICS.evaluationName]: finding.ruleName,
    [SEMANTICS.evaluationScoreLabel]: finding.action,
    [SEMANTICS.findingLevel]: finding.level,
    [SEMANTICS.findingMode]: finding.mode,
    [SEMANTICS.findingSegment]: finding.segment.id,
    ...(finding.segment.tool && { [SEMANTICS.toolName]: finding.segment.tool }),
    [SEMANTICS.securityRuleName]: finding.ruleName,
    [SEMANTICS.securityRuleUuid]: finding.ruleId,
    [SEMANTICS.securityRuleVersion]: String(finding.ruleVersion),
    [SEMANTICS.ruleSetDigest]: finding.ruleSetDigest,
    ...(condition && {
      [SEMANTICS.evaluationScoreValue]: condition.value,
      [SEMANTICS.findingThreshold]: condition.threshold,
      [SEMANTICS.evaluationExplanation]: `${condition.signal} over its threshold on tokens ${finding.firstToken} to ${finding.lastToken}`,
    }),
  };
}

interface Moments {
  upstream(host: string): void;
  mark(event: ExchangeEvent): void;
  finish(error: ExchangeError | null): void;
}

/** Turns moments into child spans; what has begun and not ended when the exchange ends is closed then, the
 *  upstream with the exchange's error; scoring that nobody waited for ended with that of the response at the latest. */
function createMoments(tracer: Tracer, parent: Span): Moments {
  const context = trace.setSpan(ROOT_CONTEXT, parent);
  const times = new Map<ExchangeEvent, number>();
  let latest = Date.now();
  let upstreamHost = '';
  const child = (name: string, kind: SpanKind, fromTime: number): Span => {
    const attributes = kind === SpanKind.CLIENT ? serverAttributes(upstreamHost) : {};
    return tracer.startSpan(name, { kind, startTime: fromTime, attributes }, context);
  };
  return {
    upstream(host) {
      upstreamHost = host;
    },
    mark(event) {
      if (times.has(event)) return;
      const now = Date.now();
      times.set(event, now);
      if (VISIBLE.has(event)) parent.addEvent(event, now);
      const border = CHILDREN.find(({ to }) => to === event);
      const from = border && times.get(border.from);
      if (border && from !== undefined) child(border.name, border.kind, from).end(now);
      if (event === 'committed') child('commit', SpanKind.INTERNAL, latest).end(now);
      latest = now;
    },
    finish(error) {
      for (const { name, from, to, kind } of CHILDREN) {
        const fromTime = times.get(from);
        if (fromTime === undefined || times.has(to)) continue;
        const open = child(name, kind, fromTime);
        if (kind === SpanKind.CLIENT) setError(open, error);
        open.end(kind === SpanKind.INTERNAL ? times.get('response_scanned') : undefined);
      }
    },
  };
}

function serverAttributes(upstreamHost: string): Record<string, string | number> {
  const separator = upstreamHost.lastIndexOf(':');
  const port = separator === -1 ? Number.NaN : Number(upstreamHost.slice(separator + 1));
  if (!Number.isInteger(port)) return { [SEMANTICS.serverAddress]: upstreamHost };
  return { [SEMANTICS.serverAddress]: upstreamHost.slice(0, separator), [SEMANTICS.serverPort]: port };
}
