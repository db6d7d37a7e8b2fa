import type { CommitOutcome } from '../../alerts/index.ts';
import type { Fields, Finding, RuleSet } from '../../rules/index.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import type { Decision } from '../policy/decide.ts';
import { onUnrecorded } from '../policy/on-unrecorded.ts';
import type { ExchangeScan } from '../scanning/exchange-scan.ts';
import type { ExchangeDetail, ExchangeError, ExchangeSpan } from '../telemetry/index.ts';
import { endSpan, scoringOf } from './end-span.ts';
import {
  countCoverage,
  exchangeRecord,
  observeFindings,
  type RecordHead,
  withFindings,
} from './exchange-record.ts';
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
  /** Of an answer of which nothing has left yet: until now, since its first bytes wait for the record. Null where the
   *  client gets none. */
  readonly firstByteMs: () => number | null;
  /** Until now. */
  readonly addedMs: () => number;
}

/** Brings one exchange to disk, and tells telemetry. */
export interface Recorder {
  /** Never rejects.
   *  @returns what becomes of the answer: `block` where its record could not be written and policy wants that */
  record(decision: Decision, ending: KnownEnding): Promise<'pass' | 'block'>;
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
  const { id: exchangeId, ruleSet, fields, scan, events, ledger, telemetry, health, span } = parts;
  const scored = { exchangeId, ruleSet, fields, scan };
  return {
    async record(decided, ending) {
      span.event('judging');
      // One moment: correlations that are replayed go by the end of the exchange.
      const endedMs = Date.now();
      const findings = observeFindings(scored, events, { at: endedMs, subject: ending.detail.subject });
      const decision = withFindings(decided, findings);
      const { verdict } = decision;
      const record = exchangeRecord(scored, headOf(parts, { startedAt, endedMs }, ending), {
        verdict,
        findings,
      });
      span.event('committing');
      const outcome = await ledger.commit(record);
      health.noteCommit(outcome);
      const used = countPolicies(parts, { decision, findings }, outcome);
      for (const finding of findings) span.finding(finding);
      countCoverage(record.coverage, telemetry);
      noteRates(parts);
      // What the store does not hold nobody could erase.
      if (outcome.outcome === 'committed') parts.replay.keep({ record, ruleSet, segments: scan.kept });
      span.event('committed');
      const isTextKept = outcome.outcome === 'committed' && record.segments.length > 0;
      const scoring = span.traceId === null ? null : scoringOf(parts, findings.length);
      endSpan(parts, { verdict, scoring, isTextKept }, ending);
      return used;
    },
  };
}

/** Told after the commit: nobody waits for it. */
function noteRates({ drift, ruleSet, route, scan }: RecorderParts): void {
  if (ruleSet.signals.length === 0) return;
  drift.note({ ruleSet, route: route.name, segments: scan.judged() });
}

function headOf(
  { route, span, detector }: RecorderParts,
  { startedAt, endedMs }: { readonly startedAt: string; readonly endedMs: number },
  ending: KnownEnding,
): RecordHead {
  return {
    ...ending.detail,
    startedAt,
    endedAt: new Date(endedMs).toISOString(),
    route: route.name,
    dialect: route.dialect?.name ?? 'none',
    status: ending.status,
    featuresetDigest: detector.featureset.digest,
    traceId: span.traceId,
  };
}

interface Said {
  readonly decision: Decision;
  readonly findings: readonly Finding[];
}

/** Every use of a policy is counted, and an exchange without a record is said.
 *  @returns what policy makes of the answer */
function countPolicies(
  { telemetry, log, config, id, span }: RecorderParts,
  { decision, findings }: Said,
  outcome: CommitOutcome,
): 'pass' | 'block' {
  for (const use of decision.uses) telemetry.recordPolicyUse(use);
  if (outcome.outcome !== 'unrecorded') return 'pass';
  telemetry.recordUnrecorded();
  const used = onUnrecorded(config.policy, findings);
  telemetry.recordPolicyUse({ policy: 'on_unrecorded', decision: used });
  const { reason, message } = outcome;
  log.warn('exchange not recorded', { exchangeId: id, traceId: span.traceId, reason, message });
  return used;
}
