import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CommitOutcome, ExchangeRecord } from '../../alerts/index.ts';
import type { RuleSet, SegmentRef } from '../../rules/index.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import { type Decision, decide } from '../policy/decide.ts';
import { createExchangeScan, type ExchangeScan, type Gap } from '../scanning/exchange-scan.ts';
import type { ExchangeDetail, ExchangeError, ExchangeSpan } from '../telemetry/index.ts';
import type { GatewayParts, Route } from './parts.ts';

/** How an exchange ended for its client. */
export interface Ending {
  /** 499 where the client left before it was told a status. */
  readonly status: number;
  readonly error: ExchangeError | null;
  readonly facts: AnswerFacts | null;
}

/** One request and its answer, from the first byte to the record on disk. */
export interface Exchange {
  readonly id: string;
  readonly route: Route;
  readonly ruleSet: RuleSet;
  readonly scan: ExchangeScan;
  readonly span: ExchangeSpan;
  /** Fires when the client is gone or the gateway stops; the upstream hears it. */
  readonly abortSignal: AbortSignal;
  abortReason(): 'client_gone' | 'stopping' | null;
  describe(detail: ExchangeDetail): void;
  detail(): ExchangeDetail;
  /** Notes that a side could not be read, or not to its end. */
  noteGap(side: 'request' | 'response', reason: Gap['reason'], bytes: number): void;
  noteFirstByte(): void;
  /** Waits for the segments that `which` picks, and says what policy makes of them. */
  judge(which?: (ref: SegmentRef) => boolean): Promise<Decision>;
  /** Records the exchange, once; what is found afterwards is lost. */
  settle(decision: Decision, ending: Ending): Promise<CommitOutcome>;
}

export interface Connection {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const UNKNOWN: ExchangeDetail = { conversationId: 'unknown', model: null, isStreamed: false };

/** Begins an exchange: its id is told to the client in every answer. */
export function createExchange(
  parts: GatewayParts,
  route: Route,
  { request, response }: Connection,
): Exchange {
  const id = randomUUID();
  const startedAt = new Date();
  const startedMs = performance.now();
  const ruleSet = parts.currentRules();
  const abort = linkAbort(parts.stopSignal, response);
  const span = startSpan(parts, route, { id, request });
  const { limits, detector: settings, policy } = parts.config;
  const scan = createExchangeScan({
    detector: parts.detector,
    ruleSet,
    abortSignal: new AbortController().signal,
    maxSegments: limits.max_segments,
    maxSegmentTokens: limits.max_segment_tokens,
    timeoutMs: settings.timeout_ms,
  });
  let detail = UNKNOWN;
  let firstByteMs: number | null = null;
  let settled: Promise<CommitOutcome> | null = null;
  response.setHeader('x-telltale-exchange-id', id);

  async function record(decision: Decision, ending: Ending): Promise<CommitOutcome> {
    const outcome = await parts.ledger.commit(createRecord(decision, ending));
    parts.health.noteCommit(outcome);
    reportOutcome(parts, { id, outcome, decision });
    for (const finding of scan.findings()) span.finding(finding);
    for (const { coverage } of scan.segments()) {
      if (coverage.reason !== null) parts.telemetry.recordUnscanned(coverage.reason);
    }
    const { status, error, facts } = ending;
    span.event('committed');
    span.end({
      status,
      error,
      verdict: decision.verdict,
      responseModel: facts?.model ?? null,
      finishReasons: facts?.finishReasons ?? [],
      usage: facts?.usage ?? null,
      tokensScored: scan.tokens(),
      firstByteMs,
    });
    abort.unlink();
    return outcome;
  }

  function createRecord({ verdict }: Decision, { status }: Ending): ExchangeRecord {
    const findings = scan.findings();
    const isFlagged = findings.some(({ mode }) => mode === 'flag' || mode === 'enforce');
    return {
      exchangeId: id,
      ...detail,
      startedAt: startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      route: route.name,
      dialect: route.dialect?.name ?? 'none',
      status,
      verdict,
      findings,
      coverage: scan.segments().map(({ coverage }) => coverage),
      segments: isFlagged ? scan.records() : [],
      featuresetDigest: parts.detector.featureset.digest,
      traceId: span.traceId,
    };
  }

  return {
    id,
    route,
    ruleSet,
    scan,
    span,
    abortSignal: abort.signal,
    abortReason: abort.reason,
    describe(known) {
      detail = known;
      span.detail(known);
    },
    detail: () => detail,
    noteGap: (side, reason, bytes) => scan.gap({ ref: sideRef(side, ruleSet), reason, bytes }),
    noteFirstByte() {
      firstByteMs ??= performance.now() - startedMs;
    },
    async judge(which) {
      await scan.end(which);
      return decide(scan.findings(), scan.segments(), { ruleSet, policy });
    },
    settle(decision, ending) {
      settled ??= record(decision, ending);
      return settled;
    },
  };
}

/** Stands for a whole side; of an answer it may be either target, so the one that rules are strictest on. */
function sideRef(side: 'request' | 'response', ruleSet: RuleSet): SegmentRef {
  const place = { id: side, pointer: '', choice: null };
  if (side === 'request') return { ...place, target: 'input', role: 'user' };
  const targets = ['output', 'tool_call'] as const;
  const strictest =
    targets.find((target) => ruleSet.enforces(target)) ??
    targets.find((target) => ruleSet.signalsFor(target).length > 0);
  return { ...place, target: strictest ?? 'output', role: 'assistant' };
}

/** The signal of one exchange: fires with the client's leaving or the gateway's stop, whichever comes first. */
function linkAbort(stopSignal: AbortSignal, response: ServerResponse) {
  const controller = new AbortController();
  let reason: 'client_gone' | 'stopping' | null = null;
  const fire = (why: 'client_gone' | 'stopping') => {
    reason ??= why;
    controller.abort();
  };
  const onClose = () => {
    if (!response.writableFinished) fire('client_gone');
  };
  const onStop = () => fire('stopping');
  response.once('close', onClose);
  stopSignal.addEventListener('abort', onStop);
  if (stopSignal.aborted) onStop();
  return {
    signal: controller.signal,
    reason: () => reason,
    unlink: () => {
      stopSignal.removeEventListener('abort', onStop);
    },
  };
}

function startSpan(
  parts: GatewayParts,
  route: Route,
  { id, request }: { id: string; request: IncomingMessage },
): ExchangeSpan {
  const { traceparent, tracestate } = request.headers;
  return parts.telemetry.startExchange({
    exchangeId: id,
    route: route.name,
    method: request.method ?? 'GET',
    dialect: route.dialect?.name ?? 'none',
    upstreamHost: parts.upstream.host,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  });
}

interface Outcome {
  readonly id: string;
  readonly outcome: CommitOutcome;
  readonly decision: Decision;
}

/** Every use of a policy is counted, and an exchange without a record is said. */
function reportOutcome({ telemetry, log, config }: GatewayParts, { id, outcome, decision }: Outcome): void {
  for (const use of decision.uses) telemetry.recordPolicyUse(use);
  if (outcome.outcome === 'committed') return;
  telemetry.recordUnrecorded();
  telemetry.recordPolicyUse({ policy: 'on_unrecorded', decision: config.policy.on_unrecorded });
  log.warn('exchange not recorded', { exchangeId: id, reason: outcome.reason, message: outcome.message });
}
