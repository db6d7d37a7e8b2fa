import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import { SEMANTICS } from './semantics.ts';
import { setError } from './span-error.ts';
import type { ExchangeEnd, ExchangeEvent, ExchangeScoring, SideScoring } from './types.ts';

/** The parts of an exchange that become child spans, each from one moment to another. */
const CHILDREN: readonly Part[] = [
  {
    name: 'score request',
    from: 'request_read',
    to: 'request_scanned',
    describe: ({ request }) => sideAttributes(request),
  },
  {
    name: 'score response',
    from: 'upstream_first_byte',
    to: 'response_scanned',
    describe: ({ response }) => sideAttributes(response),
  },
  { name: 'rules', from: 'judging', to: 'committing', describe: ruleAttributes },
  { name: 'commit', from: 'committing', to: 'committed', describe: () => ({}) },
];

interface Part {
  readonly name: string;
  readonly from: ExchangeEvent;
  readonly to: ExchangeEvent;
  readonly describe: (scoring: ExchangeScoring) => Attributes;
}

/** Moments that stay visible as span events; the others are the borders of children. */
const VISIBLE: ReadonlySet<ExchangeEvent> = new Set(['upstream_first_byte', 'blocked', 'client_gone']);

/** The child spans of one exchange. */
export interface ExchangeChildren {
  /** @param host - and port of the upstream, once it is chosen */
  upstream(host: string): void;
  /** The span that stands for the upstream's work; null before `upstream_started`. */
  upstreamSpan(): Span | null;
  mark(event: ExchangeEvent): void;
  /** Makes a span of each part that has begun. */
  finish(end: ExchangeEnd): void;
}

/** Notes moments, and makes spans of them when the exchange ends, since only then it is known what they took. What has
 *  not ended by then ends with the exchange, the upstream with its error; scoring that nobody waited for ended with that
 *  of the response at the latest. */
export function createExchangeChildren(tracer: Tracer, parent: Span): ExchangeChildren {
  const context = trace.setSpan(ROOT_CONTEXT, parent);
  // Finer than a millisecond, which is more than rules or a commit may take, and not moved by a clock that is set.
  const begun = Date.now() - performance.now();
  const now = () => begun + performance.now();
  const times = new Map<ExchangeEvent, number>();
  let upstreamHost = '';
  let upstream: Span | null = null;
  const upstreamSpan = (): Span | null => {
    const startTime = times.get('upstream_started');
    if (startTime === undefined) return null;
    const options = { kind: SpanKind.CLIENT, startTime, attributes: serverAttributes(upstreamHost) };
    upstream ??= tracer.startSpan('upstream', options, context);
    return upstream;
  };
  return {
    upstream(host) {
      upstreamHost = host;
    },
    upstreamSpan,
    mark(event) {
      if (times.has(event)) return;
      const at = now();
      times.set(event, at);
      if (VISIBLE.has(event)) parent.addEvent(event, at);
    },
    finish({ error, scoring }) {
      for (const { name, from, to, describe } of CHILDREN) {
        const startTime = times.get(from);
        if (startTime === undefined) continue;
        const attributes = scoring === null ? {} : describe(scoring);
        const child = tracer.startSpan(name, { kind: SpanKind.INTERNAL, startTime, attributes }, context);
        child.end(times.get(to) ?? times.get('response_scanned') ?? now());
      }
      const [asked, endedAt] = [upstreamSpan(), times.get('upstream_ended')];
      if (asked !== null && endedAt === undefined) setError(asked, error);
      asked?.end(endedAt ?? now());
    },
  };
}

function sideAttributes({ tokens, tokensRecalled, longestWaitMs }: SideScoring): Attributes {
  return {
    [SEMANTICS.tokensScored]: tokens,
    [SEMANTICS.tokensRecalled]: tokensRecalled,
    [SEMANTICS.batchWait]: longestWaitMs / 1000,
  };
}

function ruleAttributes({ rules, findings, rulesMs }: ExchangeScoring): Attributes {
  return {
    [SEMANTICS.rulesActive]: rules,
    [SEMANTICS.rulesFindings]: findings,
    [SEMANTICS.rulesTime]: rulesMs / 1000,
  };
}

/** @param host - and port; an IPv6 address stands in brackets there, and without them in a span */
function serverAttributes(host: string): Attributes {
  const separator = host.lastIndexOf(':');
  const name = host.slice(0, separator).replace(/^\[(.*)\]$/, '$1');
  return { [SEMANTICS.serverAddress]: name, [SEMANTICS.serverPort]: Number(host.slice(separator + 1)) };
}
