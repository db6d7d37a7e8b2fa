import type { FlaggedExchange, Review as StoredReview } from '../alerts/index.ts';
import type { ExchangeItem, Review, RuleRef } from './wire.ts';

type Listed = Omit<FlaggedExchange, 'cursor' | 'level'>;

/** The line of the list that a flagged exchange becomes. */
export function exchangeItem(exchange: FlaggedExchange): ExchangeItem {
  return { ...itemParts(exchange), level: exchange.level };
}

/** What the list and the open exchange have in common. */
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
    rules: ruleRefs(exchange),
    role: strongest?.finding.segment.role ?? '',
    excerpt: strongest?.excerpt ?? '',
    review: review === null ? null : reviewView(review),
  };
}

/** A stored review as the page shows it. */
export function reviewView({ verdict, comment, reviewedAt }: StoredReview): Review {
  return { judgement: verdict, comment, reviewedAt };
}

function ruleRefs({ findings }: Listed): readonly RuleRef[] {
  const refs = findings.map(({ finding: { ruleId, ruleTitle, level } }) => ({
    id: ruleId,
    title: ruleTitle,
    level,
  }));
  return refs.filter((ref, at) => refs.findIndex((other) => other.id === ref.id) === at);
}
