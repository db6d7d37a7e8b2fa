import { type FlaggedExchange, isAboutTelltale, type Review as StoredReview } from '../alerts/index.ts';
import type { Featureset } from '../detectors/index.ts';
import { hasActed, strongestFirst } from './strongest-first.ts';
import type { ExchangeItem, MatchedRule, Review } from './wire.ts';

type Listed = Omit<FlaggedExchange, 'cursor' | 'level'>;

/** The line of the list that a flagged exchange becomes. */
export function exchangeItem(exchange: FlaggedExchange, featureset: Featureset): ExchangeItem {
  return { ...itemParts(strongestFirst(exchange, featureset)), level: exchange.level };
}

/** What the list and the open exchange have in common.
 *  @param exchange - with its strongest finding first */
export function itemParts(exchange: Listed): Omit<ExchangeItem, 'level'> {
  const { exchangeId, conversationId, endedAt, model, route, verdict, findings, review } = exchange;
  const [strongest] = findings;
  return {
    exchangeId,
    conversationId,
    at: endedAt,
    model,
    route,
    outcome: verdict,
    rules: matchedRules(exchange),
    role: strongest?.finding.segment.role ?? '',
    excerpt: strongest?.finding.view?.text ?? strongest?.excerpt ?? '',
    isDisguised: strongest?.finding.view !== undefined,
    isNotice: strongest !== undefined && isAboutTelltale(strongest.finding),
    review: review === null ? null : reviewView(review),
  };
}

/** A stored review as the page shows it. */
export function reviewView({ verdict, comment, reviewer, reviewedAt }: StoredReview): Review {
  return { judgement: verdict, comment, reviewer, reviewedAt };
}

function matchedRules({ findings, verdict }: Listed): readonly MatchedRule[] {
  const acting = findings.filter(({ finding }) => hasActed(finding, verdict));
  const refs = findings.map(({ finding: { ruleId, ruleTitle, level } }) => ({
    id: ruleId,
    title: ruleTitle,
    level,
    hasActed: acting.some(({ finding }) => finding.ruleId === ruleId),
  }));
  return refs.filter((ref, at) => refs.findIndex((other) => other.id === ref.id) === at);
}
