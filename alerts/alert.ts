import { createHash } from 'node:crypto';
import type { Finding } from '../rules/index.ts';
import { excerptOf, releaseExcerpt } from './excerpt.ts';
import { strongestRank } from './levels.ts';
import { isAboutTelltale } from './system-alert.ts';
import type {
  Alert,
  ExcerptContent,
  ExchangeHead,
  ExchangeRecord,
  RecordedFinding,
  SegmentRecord,
  StoredFinding,
} from './types.ts';

/** sha256 in hexadecimal over exchange, rule, version, segment and span: whoever computes it, whenever, it is the same. */
export function alertId(exchangeId: string, finding: Finding): string {
  const { ruleId, ruleVersion, segment, span } = finding;
  const parts = [exchangeId, ruleId, ruleVersion, segment.id, span.start, span.end];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Whether a finding leaves the process and is shown to a person; rules in shadow, and what the grouping of a rule's
 *  alerts holds back, are only recorded. */
export function isAlerting(finding: Finding): boolean {
  return isFlagging(finding) && finding.alert?.isHeldBack !== true;
}

/** Whether a finding counts for how long its exchange is kept, whether it is told of or not. */
function isFlagging({ mode }: Finding): boolean {
  return mode === 'flag' || mode === 'enforce';
}

/** The rank of the strongest finding that flags or enforces; null where none does. */
export function flaggedRank(findings: readonly Finding[]): number | null {
  return strongestRank(findings.filter(isFlagging).map(({ level }) => level));
}

/** What of a record its findings are told with. */
type RecordWithTexts = Omit<ExchangeRecord, 'segments'> & {
  readonly segments: readonly Pick<SegmentRecord, 'segmentId' | 'text'>[];
};

/** All findings of an exchange as the store keeps them, those in shadow included. */
export function storedFindings(record: RecordWithTexts): StoredFinding[] {
  const texts = new Map(record.segments.map((segment) => [segment.segmentId, segment.text]));
  return record.findings.map((finding) => ({
    alertId: alertId(record.exchangeId, finding),
    finding: withWhose(keptFinding(finding), record),
    excerpt: excerptOf(texts.get(finding.segment.id) ?? '', finding.span),
  }));
}

/** A finding as it goes to disk: where a rule in shadow read a disguised text, what was undone and no word of it, since of
 *  exchanges that no rule flagged no text stays. */
export function keptFinding(finding: Finding): Finding {
  return finding.mode === 'shadow' ? releaseFinding(finding, 'none') : finding;
}

function withWhose(
  finding: Finding,
  { tenant, caller }: Pick<ExchangeRecord, 'tenant' | 'caller'>,
): RecordedFinding {
  if (!tenant && !caller) return finding;
  return { ...finding, ...(tenant ? { tenant } : {}), ...(caller ? { caller } : {}) };
}

/** What of an exchange its alerts tell. */
export type AlertHead = Pick<
  ExchangeHead,
  'exchangeId' | 'conversationId' | 'endedAt' | 'verdict' | 'featuresetDigest' | 'traceId'
>;

/** The alert that one stored finding becomes. Its time is that of the exchange, so that it is the same twice. */
export function alertOf(exchange: AlertHead, stored: StoredFinding, content: ExcerptContent): Alert {
  return {
    id: stored.alertId,
    exchangeId: exchange.exchangeId,
    conversationId: exchange.conversationId,
    createdAt: exchange.endedAt,
    finding: releaseFinding(stored.finding, content),
    verdict: exchange.verdict,
    excerpt: isAboutTelltale(stored.finding) ? stored.excerpt : releaseExcerpt(stored.excerpt, content),
    featuresetDigest: exchange.featuresetDigest,
    traceId: exchange.traceId,
    reviewPath: reviewPath(exchange.exchangeId),
    tenant: stored.finding.tenant ?? null,
    caller: stored.finding.caller ?? null,
  };
}

/** What a disguised text reads is let out as its excerpt is; where in it something stands is not told. */
function releaseFinding(finding: Finding, content: ExcerptContent): Finding {
  if (finding.view === undefined) return finding;
  const { changes, text } = finding.view;
  return { ...finding, view: { changes, text: releaseExcerpt(text, content), span: { start: 0, end: 0 } } };
}

/** The alerts of an exchange: one for each finding that flags or enforces. */
export function alertsOf(record: ExchangeRecord, content: ExcerptContent = 'redacted'): Alert[] {
  return storedFindings(record)
    .filter(({ finding }) => isAlerting(finding))
    .map((stored) => alertOf(record, stored, content));
}

/** Where the review shows an exchange, below its own root. */
export function reviewPath(exchangeId: string): string {
  return `/?exchange=${encodeURIComponent(exchangeId)}`;
}
