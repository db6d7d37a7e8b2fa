import { createHash } from 'node:crypto';
import type { SegmentRecord } from '../../alerts/index.ts';
import { type Fields, type Finding, fieldsOf, type Observed, type RuleSet } from '../../rules/index.ts';

export interface ExchangeFindings {
  readonly exchangeId: string;
  readonly ruleSet: RuleSet;
  readonly fields: Fields;
  readonly findings: readonly Finding[];
  /** The segments with their texts; asked for only where correlations need them. */
  readonly segments: () => readonly SegmentRecord[];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whom it is about, hashed. */
  readonly subject?: string | undefined;
}

/** The findings of an exchange as correlations want them. */
export function observedFindings(exchange: ExchangeFindings): Observed[] {
  const { exchangeId, ruleSet, findings, at, subject } = exchange;
  if (findings.length === 0) return [];
  const texts = new Map(
    ruleSet.correlations.length === 0
      ? []
      : exchange.segments().map(({ segmentId, text }) => [segmentId, text] as const),
  );
  return findings.map((finding) => ({
    finding,
    at,
    fields: { ...fieldsOf(finding.segment, exchange.fields), exchange: exchangeId },
    fingerprint: fingerprintOf(finding, texts.get(finding.segment.id), exchange),
    subject,
  }));
}

/** Clients send earlier messages again with every request: the same words at the same place of a conversation are the
 *  same event. An answer is new each time; null where the words are not known. */
function fingerprintOf(
  { ruleId, segment, span }: Finding,
  text: string | undefined,
  { exchangeId, fields }: ExchangeFindings,
): string | null {
  if (text === undefined) return null;
  const isAnswer = segment.id.startsWith('response');
  const within = isAnswer ? exchangeId : (fields.conversation ?? exchangeId);
  const parts = [ruleId, within, segment.id, text.slice(span.start, span.end)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
