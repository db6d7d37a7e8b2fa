import { type CompiledRuleSet, compiledOf } from '../compiled.ts';
import type { CompiledCorrelation } from '../events/compile-correlations.ts';
import type { Finding, RuleSet } from '../types.ts';
import type { ReadExchange } from './exchange-head.ts';
import type { ReplayEnd } from './replay-tally.ts';
import { createReviews, type ReviewedAs, type ReviewedFigures } from './reviewed-figures.ts';

/** One correlation over the exchanges. */
export interface CorrelationReplay extends ReviewedFigures {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly mode: CompiledCorrelation['mode'];
  /** Its findings in exchanges, each of which is an alert where it flags; several where chains meet. */
  readonly raises: number;
  /** Exchanges that complete it. */
  readonly fires: number;
  /** Of the exchanges of which it was kept what they completed then, those that completed it; and what changes. */
  readonly firedThen: number;
  readonly newly: number;
  readonly gone: number;
  /** Exchanges of which that was not kept. */
  readonly unknownThen: number;
  /** Findings that no exchange completes: nothing followed that had to, or a window closed. Of no exchange, so in no figure above;
   *  `reviewed`, precision and recall are of their records too. */
  readonly late: number;
  /** What waits at the end for what must not follow, and windows that are open. */
  readonly waiting: number;
  /** Findings, late ones too, that the grouping of its alerts held back. */
  readonly heldBack: number;
  /** Exchanges in which some rule that it hears of could not be judged. */
  readonly unheard: number;
}

/** An exchange as correlations are counted over it. */
export interface CorrelatedExchange {
  readonly exchange: Pick<ReadExchange<unknown>, 'correlated'>;
  readonly findings: readonly Finding[];
  /** Ids of rules that could not be judged in it. */
  readonly unjudged: ReadonlySet<string>;
  readonly reviewed: ReviewedAs | null;
}

/** What a reviewer made of a finding that no exchange completed. */
export interface LateReview {
  /** Of the correlation. */
  readonly ruleId: string;
  /** Whether it comes again. */
  readonly isRaised: boolean;
  readonly reviewed: ReviewedAs;
}

/** Adds up what the correlations of one set of rules find in kept exchanges. */
export function createCorrelationTally(ruleSet: RuleSet) {
  const compiled = compiledOf(ruleSet);
  const correlations = compiled.compiledCorrelations.filter(({ mode }) => mode !== 'off');
  const counted = correlations.map((correlation) => ({
    correlation,
    hears: hearsOf(correlation, compiled),
    counter: createCounter(),
  }));
  return {
    add({ exchange, findings, unjudged, reviewed }: CorrelatedExchange): void {
      for (const { correlation, hears, counter } of counted) {
        const then = exchange.correlated?.find(({ id }) => id === correlation.id);
        counter.add({
          findings: findings.filter(({ ruleId }) => ruleId === correlation.id).length,
          firedThen: exchange.correlated === undefined ? null : then !== undefined,
          reviewed: then?.isAlerting === true ? reviewed : null,
          isUnheard: [...unjudged].some((id) => hears.has(id)),
        });
      }
    },
    report: ({ events: { late, waiting, heldBack }, lateReviews }: ReplayEnd): readonly CorrelationReplay[] =>
      counted.map(({ correlation: { id, name, mode }, counter }) => ({
        ruleId: id,
        ruleName: name,
        mode,
        ...counter.figures(lateReviews.filter(({ ruleId }) => ruleId === id)),
        late: late.filter(({ finding }) => finding.ruleId === id).length,
        waiting: waiting.get(id) ?? 0,
        heldBack: heldBack.get(name) ?? 0,
      })),
  };
}

/** Ids of the rules whose findings come to a correlation, through others too: they name each other in no circle. */
function hearsOf(correlation: CompiledCorrelation, rules: CompiledRuleSet): ReadonlySet<string> {
  const { ruleIds, unless, unlessThen } = correlation;
  const own = [...ruleIds, ...unless, ...(unlessThen?.ruleIds ?? [])];
  return new Set(
    own.flatMap((id) => {
      const through = rules.compiledCorrelations.find((one) => one.id === id);
      return through === undefined ? [id] : [...hearsOf(through, rules)];
    }),
  );
}

interface Seen {
  /** How many of its findings are in the exchange. */
  readonly findings: number;
  /** null where that was not kept. */
  readonly firedThen: boolean | null;
  readonly reviewed: ReviewedAs | null;
  readonly isUnheard: boolean;
}

function createCounter() {
  const counts = { raises: 0, fires: 0, firedThen: 0, newly: 0, gone: 0, unknownThen: 0, unheard: 0 };
  const reviews = createReviews();
  return {
    add({ findings, firedThen, reviewed, isUnheard }: Seen): void {
      const fires = findings > 0;
      counts.raises += findings;
      if (fires) counts.fires += 1;
      if (firedThen === null) counts.unknownThen += 1;
      if (firedThen === true) counts.firedThen += 1;
      if (fires && firedThen === false) counts.newly += 1;
      if (!fires && firedThen === true) counts.gone += 1;
      if (isUnheard) counts.unheard += 1;
      reviews.add(fires, reviewed);
    },
    figures(late: readonly LateReview[]) {
      const all = reviews.copy();
      for (const { isRaised, reviewed } of late) all.add(isRaised, reviewed);
      return { ...counts, ...all.figures() };
    },
  };
}
