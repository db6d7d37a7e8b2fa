import type { CommitOutcome, ExchangeRecord } from '../../alerts/index.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import type { Decision } from '../policy/decide.ts';
import type { ExchangeScan } from '../scanning/exchange-scan.ts';
import type { ExchangeDetail, ExchangeError, ExchangeSpan } from '../telemetry/index.ts';
import type { GatewayParts, Route } from './parts.ts';

/** How an exchange ended for its client. */
export interface Ending {
  /** 499 where the client left before it was told a status. */
  readonly status: number;
  readonly error: ExchangeError | null;
  readonly facts: AnswerFacts | null;
}

/** All that is known of an exchange at its end. */
export interface KnownEnding extends Ending {
  readonly detail: ExchangeDetail;
  readonly firstByteMs: number | null;
}

/** Brings one exchange to disk, and tells telemetry. */
export interface Recorder {
  /** Never rejects. */
  record(decision: Decision, ending: KnownEnding): Promise<CommitOutcome>;
}

export interface RecorderParts
  extends Pick<GatewayParts, 'ledger' | 'telemetry' | 'health' | 'log' | 'detector' | 'config'> {
  readonly id: string;
  readonly route: Route;
  readonly scan: ExchangeScan;
  readonly span: ExchangeSpan;
}

export function createRecorder(parts: RecorderParts): Recorder {
  const startedAt = new Date().toISOString();
  return {
    async record(decision, ending) {
      const outcome = await parts.ledger.commit(recordOf(parts, { startedAt, decision, ending }));
      parts.health.noteCommit(outcome);
      countPolicies(parts, decision, outcome);
      for (const finding of parts.scan.findings()) parts.span.finding(finding);
      for (const { coverage } of parts.scan.segments()) {
        if (coverage.reason !== null) parts.telemetry.recordUnscanned(coverage.reason);
      }
      parts.span.event('committed');
      endSpan(parts, decision, ending);
      return outcome;
    },
  };
}

interface Said {
  readonly startedAt: string;
  readonly decision: Decision;
  readonly ending: KnownEnding;
}

function recordOf(parts: RecorderParts, { startedAt, decision, ending }: Said): ExchangeRecord {
  const { id, route, scan, span, detector } = parts;
  const findings = scan.findings();
  const isFlagged = findings.some(({ mode }) => mode === 'flag' || mode === 'enforce');
  return {
    exchangeId: id,
    ...ending.detail,
    startedAt,
    endedAt: new Date().toISOString(),
    route: route.name,
    dialect: route.dialect?.name ?? 'none',
    status: ending.status,
    verdict: decision.verdict,
    findings,
    coverage: scan.segments().map(({ coverage }) => coverage),
    segments: isFlagged ? scan.records() : [],
    featuresetDigest: detector.featureset.digest,
    traceId: span.traceId,
  };
}

/** Every use of a policy is counted, and an exchange without a record is said. */
function countPolicies(
  { telemetry, log, config, id }: RecorderParts,
  { uses }: Decision,
  outcome: CommitOutcome,
): void {
  for (const use of uses) telemetry.recordPolicyUse(use);
  if (outcome.outcome === 'committed') return;
  telemetry.recordUnrecorded();
  telemetry.recordPolicyUse({ policy: 'on_unrecorded', decision: config.policy.on_unrecorded });
  log.warn('exchange not recorded', { exchangeId: id, reason: outcome.reason, message: outcome.message });
}

function endSpan({ span, scan }: RecorderParts, { verdict }: Decision, ending: KnownEnding): void {
  const { status, error, facts, firstByteMs } = ending;
  span.end({
    status,
    error,
    verdict,
    firstByteMs,
    responseModel: facts?.model ?? null,
    finishReasons: facts?.finishReasons ?? [],
    usage: facts?.usage ?? null,
    tokensScored: scan.tokens(),
  });
}
