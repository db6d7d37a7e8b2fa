import type { CommitOutcome, CoverageEntry, ExchangeRecord } from '../../alerts/index.ts';
import type { Fields, Finding, RuleSet } from '../../rules/index.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import { observedFindings } from '../events/observed-findings.ts';
import type { Decision } from '../policy/decide.ts';
import { onUnrecorded } from '../policy/on-unrecorded.ts';
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
  extends Pick<
    GatewayParts,
    'ledger' | 'events' | 'drift' | 'replay' | 'telemetry' | 'health' | 'log' | 'detector' | 'config'
  > {
  readonly id: string;
  readonly route: Route;
  readonly ruleSet: RuleSet;
  readonly fields: () => Fields;
  readonly scan: ExchangeScan;
  readonly span: ExchangeSpan;
}

export function createRecorder(parts: RecorderParts): Recorder {
  const startedAt = new Date().toISOString();
  return {
    async record(decided, ending) {
      const findings = observe(parts, ending.detail.subject);
      const decision = withFindings(decided, findings);
      const coverage = parts.scan.segments().map((segment) => segment.coverage);
      const record = recordOf(parts, { startedAt, decision, ending, findings, coverage });
      const outcome = await parts.ledger.commit(record);
      parts.health.noteCommit(outcome);
      countPolicies(parts, { decision, findings }, outcome);
      for (const finding of findings) parts.span.finding(finding);
      countCoverage(parts, coverage);
      noteRates(parts);
      const { ruleSet, scan } = parts;
      // What the store does not hold nobody could erase.
      if (outcome.outcome === 'committed') parts.replay.keep({ record, ruleSet, segments: scan.kept });
      parts.span.event('committed');
      endSpan(parts, decision, ending);
      return outcome;
    },
  };
}

function countCoverage({ telemetry }: RecorderParts, coverage: readonly CoverageEntry[]): void {
  const scanned = coverage.filter(({ status }) => status === 'scanned').length;
  if (scanned > 0) telemetry.recordScanned(scanned);
  for (const { reason } of coverage) if (reason !== null) telemetry.recordUnscanned(reason);
}

/** Told after the commit: nobody waits for it. */
function noteRates({ drift, ruleSet, route, scan }: RecorderParts): void {
  if (ruleSet.signals.length === 0) return;
  drift.note({ ruleSet, route: route.name, segments: scan.judged() });
}

interface Said {
  readonly startedAt: string;
  readonly decision: Decision;
  readonly ending: KnownEnding;
  readonly findings: readonly Finding[];
  readonly coverage: readonly CoverageEntry[];
}

/** Correlations come after the decision: what they flag is flagged. */
function withFindings(decision: Decision, findings: readonly Finding[]): Decision {
  const isFlagged = findings.some(({ mode }) => mode === 'flag' || mode === 'enforce');
  return decision.verdict === 'pass' && isFlagged ? { ...decision, verdict: 'flag' } : decision;
}

/** The exchange's findings are events for correlations, whose findings are those of the exchange that completed them. */
function observe(
  { id, ruleSet, fields, scan, events }: RecorderParts,
  subject: string | undefined,
): readonly Finding[] {
  const observed = observedFindings({
    exchangeId: id,
    ruleSet,
    fields: fields(),
    findings: scan.findings(),
    segments: scan.records,
    at: Date.now(),
    subject,
  });
  return events.observe(ruleSet, observed);
}

function recordOf(
  parts: RecorderParts,
  { startedAt, decision, ending, findings, coverage }: Said,
): ExchangeRecord {
  const { id, route, scan, span, detector } = parts;
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
    coverage,
    segments: isFlagged ? scan.records() : [],
    featuresetDigest: detector.featureset.digest,
    traceId: span.traceId,
    tenant: parts.fields().tenant ?? null,
    caller: parts.fields().caller ?? null,
  };
}

/** Every use of a policy is counted, and an exchange without a record is said. */
function countPolicies(
  { telemetry, log, config, id }: RecorderParts,
  { decision, findings }: Pick<Said, 'decision' | 'findings'>,
  outcome: CommitOutcome,
): void {
  for (const use of decision.uses) telemetry.recordPolicyUse(use);
  if (outcome.outcome !== 'unrecorded') return;
  telemetry.recordUnrecorded();
  const used = onUnrecorded(config.policy, findings);
  telemetry.recordPolicyUse({ policy: 'on_unrecorded', decision: used });
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
