import type { CoverageEntry, ExchangeRecord } from '../../alerts/index.ts';
import type { Fields, Finding, RuleSet } from '../../rules/index.ts';
import type { EventKeeper } from '../events/event-keeper.ts';
import { observedFindings } from '../events/observed-findings.ts';
import type { Decision } from '../policy/decide.ts';
import type { ExchangeScan } from '../scanning/exchange-scan.ts';
import type { Telemetry } from '../telemetry/index.ts';

/** An exchange that has been scored, wherever. */
export interface ScoredExchange {
  readonly exchangeId: string;
  readonly ruleSet: RuleSet;
  readonly fields: () => Fields;
  readonly scan: ExchangeScan;
}

/** What a record says beside what was found. */
export type RecordHead = Pick<
  ExchangeRecord,
  | 'conversationId'
  | 'startedAt'
  | 'endedAt'
  | 'route'
  | 'dialect'
  | 'model'
  | 'status'
  | 'isStreamed'
  | 'featuresetDigest'
  | 'traceId'
  | 'subject'
>;

/** The exchange's findings are events for correlations, whose findings are those of the exchange that completed them.
 *  `at` is in milliseconds since 1970. */
export function observeFindings(
  { exchangeId, ruleSet, fields, scan }: ScoredExchange,
  events: Pick<EventKeeper, 'observe'>,
  { at, subject }: { readonly at: number; readonly subject: string | undefined },
): readonly Finding[] {
  let texts: ReadonlyMap<string, string> | null = null;
  const observed = observedFindings({
    exchangeId,
    ruleSet,
    fields: fields(),
    findings: scan.findings(),
    wordsOf({ segment, span }) {
      texts ??= new Map(scan.records().map(({ segmentId, text }) => [segmentId, text]));
      return texts.get(segment.id)?.slice(span.start, span.end) ?? null;
    },
    at,
    subject,
  });
  return events.observe(ruleSet, observed);
}

/** Correlations come after the decision: what they flag is flagged. */
export function withFindings(decision: Decision, findings: readonly Finding[]): Decision {
  return decision.verdict === 'pass' && isFlagged(findings) ? { ...decision, verdict: 'flag' } : decision;
}

/** What one exchange leaves behind. */
export function exchangeRecord(
  { exchangeId, fields, scan }: ScoredExchange,
  head: RecordHead,
  { verdict, findings }: Pick<ExchangeRecord, 'verdict' | 'findings'>,
): ExchangeRecord {
  const { tenant, caller } = fields();
  return {
    exchangeId,
    ...head,
    verdict,
    findings,
    coverage: scan.segments().map(({ coverage }) => coverage),
    segments: isFlagged(findings) ? scan.records() : [],
    tenant: tenant ?? null,
    caller: caller ?? null,
  };
}

/** Counts what was read and what was not. */
export function countCoverage(
  coverage: readonly CoverageEntry[],
  telemetry: Pick<Telemetry, 'recordScanned' | 'recordUnscanned'>,
): void {
  const scanned = coverage.filter(({ status }) => status === 'scanned').length;
  if (scanned > 0) telemetry.recordScanned(scanned);
  for (const { reason } of coverage) if (reason !== null) telemetry.recordUnscanned(reason);
}

function isFlagged(findings: readonly Finding[]): boolean {
  return findings.some(({ mode }) => mode === 'flag' || mode === 'enforce');
}
