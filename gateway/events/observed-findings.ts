import { createHash } from 'node:crypto';
import { type Fields, type Finding, fieldsOf, type Observed, type RuleSet } from '../../rules/index.ts';
import { isOfAnswer } from '../dialects/place.ts';

export interface ExchangeFindings {
  readonly exchangeId: string;
  readonly ruleSet: RuleSet;
  readonly fields: Fields;
  readonly findings: readonly Finding[];
  /** The words of a finding, or what is the same where they are; null where it is not known. Asked for only where
   *  correlations need it. */
  readonly wordsOf: (finding: Finding) => string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whom it is about, hashed. */
  readonly subject?: string | undefined;
}

/** The findings of an exchange as correlations want them. */
export function observedFindings(exchange: ExchangeFindings): Observed[] {
  const { exchangeId, ruleSet, findings, at, subject } = exchange;
  const isCorrelated = ruleSet.correlations.length > 0;
  return findings.map((finding) => ({
    finding,
    at,
    fields: { ...fieldsOf(finding.segment, exchange.fields), exchange: exchangeId },
    fingerprint: fingerprintOf(finding, isCorrelated ? exchange.wordsOf(finding) : null, exchange),
    subject,
  }));
}

/** Clients send earlier messages again with every request: the same words at the same place of a conversation are the
 *  same event. An answer is new each time; null where the words are not known. */
function fingerprintOf(
  { ruleId, segment }: Finding,
  words: string | null,
  { exchangeId, fields }: ExchangeFindings,
): string | null {
  if (words === null) return null;
  const within = isOfAnswer(segment.id) ? exchangeId : (fields.conversation ?? exchangeId);
  const parts = [ruleId, within, segment.id, words];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
