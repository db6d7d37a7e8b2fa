import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fields, RuleSet, SegmentRef } from '../../rules/index.ts';
import type { Identity } from '../conversation/identify.ts';
import { createCollectedScan } from '../handover/collected-scan.ts';
import { createUnscoredRecorder } from '../handover/unscored-recorder.ts';
import { type Decision, decide, NOTHING_READ } from '../policy/decide.ts';
import { createExchangeScan, type ExchangeScan, type Gap } from '../scanning/exchange-scan.ts';
import { sideRef } from '../scanning/side-ref.ts';
import { createUnreadScan } from '../scanning/unread-scan.ts';
import { withoutEchoes } from '../scanning/without-echoes.ts';
import type { ExchangeDetail, ExchangeSpan } from '../telemetry/index.ts';
import { type AddedTime, createAddedTime } from './added-time.ts';
import { type AbortReason, createClientSignal } from './client-signal.ts';
import { exchangeFields } from './exchange-fields.ts';
import { createExchangeId } from './exchange-id.ts';
import type { GatewayParts, Route } from './parts.ts';
import { createRecorder, type Ending, type Recorder } from './recorder.ts';

/** One request and its answer, from the first byte to the record on disk. */
export interface Exchange {
  readonly id: string;
  readonly route: Route;
  /** The rules that held when it began; they hold to its end. */
  readonly ruleSet: RuleSet;
  /** Whether some rule reads something, or exchanges are scored elsewhere. Where none does, each side of the
   *  exchange is one part that was not scanned; a side whose text its span asks for is listed by its texts. */
  readonly isRead: boolean;
  /** Whether its text is listed: since some rule reads, or since its span is to carry it. */
  readonly isTextListed: boolean;
  readonly scan: ExchangeScan;
  readonly span: ExchangeSpan;
  /** Fires when the client is gone or the gateway stops; the upstream hears it. */
  readonly abortSignal: AbortSignal;
  abortReason(): AbortReason | null;
  readonly identity: Identity;
  /** What rules may ask of the exchange, as far as it is known. */
  fields(): Fields;
  /** The time that the gateway adds. */
  readonly added: AddedTime;
  /** @param about.isNamed - whether its conversation is known for good; else the answer may name it */
  describe(detail: ExchangeDetail, about: { readonly isNamed: boolean }): void;
  detail(): ExchangeDetail;
  /** Notes that a side could not be read, or not to its end. */
  noteGap(side: 'request' | 'response', reason: Gap['reason'], bytes: number): void;
  noteFirstByte(): void;
  /** Waits for the segments that `which` picks, and says what policy makes of them. */
  judge(which?: (ref: SegmentRef) => boolean): Promise<Decision>;
  /** What policy makes of what is known already. */
  verdictSoFar(): Decision;
  /** Records the exchange, once; what is found afterwards is lost.
   *  @returns `block` where its record could not be written and policy lets no such answer pass */
  settle(decision: Decision, ending: Ending): Promise<'pass' | 'block'>;
}

export interface Connection {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What an answer may add to an exchange of which the request is judged. */
const ANSWER_TARGETS = ['output', 'tool_call', 'tool_result'] as const;

/** Before a request has said what it belongs to, and where it cannot say. */
const UNKNOWN = 'unknown';

/** Made once: an abort without a reason makes an exception with its stack. */
const SETTLED = new DOMException('the exchange is over', 'AbortError');

/** Of exchanges of which nothing is scored. */
const NEVER = new AbortController();

/** Begins an exchange. */
export function createExchange(
  parts: GatewayParts,
  route: Route,
  { request, response }: Connection,
): Exchange {
  const id = createExchangeId();
  const startedMs = performance.now();
  const ruleSet = parts.currentRules();
  const client = createClientSignal(response, parts.stopSignal);
  const span = startSpan(parts, route, { id, request });
  const isElsewhere = parts.config.scoring.where === 'kafka';
  // Which rules read is then for those to know who score.
  const isRead = isElsewhere || ruleSet.signals.length > 0;
  const isTextListed = isRead || (span.traceId !== null && parts.config.telemetry.content === 'spans');
  const scoring = isRead ? new AbortController() : NEVER;
  const identity = parts.identify(request);
  const { headers } = request;
  let known: { readonly of: ExchangeDetail; readonly fields: Fields } | null = null;
  // Asked for with every segment.
  const fields = () => {
    if (known?.of !== detail) {
      known = { of: detail, fields: exchangeFields(route, detail, { headers, identity }) };
    }
    return known.fields;
  };
  const own = { id, route, ruleSet, fields, span, abortSignal: scoring.signal };
  const { scan, recorder } = isElsewhere ? scoredElsewhere(parts, own) : scoredHere(parts, own);
  const verdictSoFar = () =>
    isRead
      ? decide(scan.findings(), scan.segments(), { ruleSet, policy: parts.config.policy })
      : NOTHING_READ;
  let detail: ExchangeDetail = { conversationId: UNKNOWN, model: null, isStreamed: false };
  let isNamed = false;
  const added = createAddedTime();
  let firstByteMs: number | null = null;
  let settled: ReturnType<Recorder['record']> | null = null;

  /** What is fetched again belongs where it was made, what begins a conversation to that. */
  function joinConversation(answerId: string): void {
    if (!isNamed) {
      detail = { ...detail, conversationId: parts.turns.conversationOf(answerId) ?? answerId };
      span.detail(detail);
    }
    parts.turns.note(answerId, detail.conversationId);
  }

  return {
    id,
    route,
    ruleSet,
    isRead,
    isTextListed,
    scan,
    span,
    abortSignal: client.signal,
    abortReason: client.reason,
    identity,
    fields,
    added,
    describe(told, about) {
      detail = told;
      isNamed = about.isNamed;
      span.detail(told);
    },
    detail: () => detail,
    noteGap: (side, reason, bytes) => scan.gap({ ref: sideRef(side, ruleSet), reason, bytes }),
    noteFirstByte() {
      firstByteMs ??= performance.now() - startedMs;
    },
    async judge(which) {
      if (!isRead) return NOTHING_READ;
      await scan.end(which);
      scan.conclude(which === undefined ? [] : ANSWER_TARGETS);
      return verdictSoFar();
    },
    verdictSoFar,
    settle(decision, ending) {
      if (ending.facts?.id !== undefined) joinConversation(ending.facts.id);
      const isAnswered = ending.error !== 'client_gone';
      const times = {
        firstByteMs: () => firstByteMs ?? (isAnswered ? performance.now() - startedMs : null),
        addedMs: added.ms,
      };
      settled ??= recorder.record(decision, { ...ending, detail, ...times }).finally(() => {
        client.unlink();
        // What is still with the reader would be lost: it gives its place and its keys and values back.
        if (isRead) scoring.abort(SETTLED);
      });
      return settled;
    },
  };
}

/** Who reads an exchange, and brings it to disk. */
interface Scoring extends Pick<Exchange, 'scan'> {
  readonly recorder: Recorder;
}

type Own = Pick<Exchange, 'id' | 'route' | 'ruleSet' | 'fields' | 'span' | 'abortSignal'>;

function scoredHere(parts: GatewayParts, own: Own): Scoring {
  const scan = scanHere(parts, own);
  return { scan, recorder: createRecorder({ ...parts, ...own, scan }) };
}

function scanHere(parts: GatewayParts, { ruleSet, fields, abortSignal }: Own): ExchangeScan {
  const { limits, detector } = parts.config;
  if (ruleSet.signals.length === 0) return createUnreadScan(limits.max_segments);
  const scored = createExchangeScan({
    detector: parts.detector,
    ruleSet,
    fields,
    // Not the client's signal: what came before a client left is scored all the same.
    abortSignal,
    computedFor: parts.replay.computedFor,
    maxSegments: limits.max_segments,
    maxSegmentTokens: limits.max_segment_tokens,
    timeoutMs: detector.timeout_ms,
  });
  return withoutEchoes(scored);
}

function scoredElsewhere(parts: GatewayParts, own: Own): Scoring {
  const { limits } = parts.config;
  const collected = createCollectedScan({ maxSegments: limits.max_segments, fields: own.fields });
  const recorder = createUnscoredRecorder({ ...parts, ...own, scan: collected });
  return { scan: withoutEchoes(collected), recorder };
}

function startSpan(
  { telemetry }: GatewayParts,
  { name, dialect, words }: Route,
  { id, request }: { readonly id: string; readonly request: IncomingMessage },
): ExchangeSpan {
  const { traceparent, tracestate } = request.headers;
  return telemetry.startExchange({
    exchangeId: id,
    route: name,
    method: request.method ?? 'GET',
    dialect: dialect?.name ?? 'none',
    words,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  });
}
