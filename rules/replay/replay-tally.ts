import type { SignalId } from '../../detectors/index.ts';
import { compiledOf } from '../compiled.ts';
import type { Mode, RuleSet } from '../types.ts';
import { type CorrelationReplay, createCorrelationTally, type LateReview } from './correlation-tally.ts';
import type { ReplayedEvents } from './event-replay.ts';
import type { ReadExchange } from './exchange-head.ts';
import type { JudgedExchange } from './replayer.ts';
import { createReviews, type ReviewedAs, type ReviewedFigures } from './reviewed-figures.ts';

/** One rule over the exchanges. */
export interface RuleReplay extends ReviewedFigures {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly mode: Mode;
  /** Exchanges in which it could be held against all that it reads, or fires all the same. */
  readonly judged: number;
  readonly fires: number;
  /** Of the judged ones, those in which it fired then. */
  readonly firedThen: number;
  /** Fires now and did not then. */
  readonly newly: number;
  /** Fired then and does not now. */
  readonly gone: number;
  readonly unjudged: UnjudgedCount;
  /** Findings that the grouping of its alerts held back. */
  readonly heldBack: number;
}

/** Exchanges in which a rule could not be judged, and what was missing there. */
export interface UnjudgedCount {
  readonly exchanges: number;
  /** Exchanges by the signal that was not kept. */
  readonly missing: Readonly<Partial<Record<SignalId, number>>>;
  /** Exchanges with a segment that it would read and nobody read then. */
  readonly unread: number;
}

export interface ReplayReport {
  /** In the order of the files; without rules that are off. */
  readonly rules: readonly RuleReplay[];
  /** Likewise; with nothing counted before the first exchange. */
  readonly correlations: readonly CorrelationReplay[];
  /** Exchanges that some rule or correlation flags or acts on. */
  readonly any: ReviewedFigures & { readonly flags: number; readonly flaggedThen: number };
  /** Rules and correlations that fired then and are no more, or are off. */
  readonly removed: readonly { readonly ruleId: string; readonly ruleName: string; readonly fires: number }[];
}

/** Adds up what one set of rules makes of kept exchanges. */
export interface ReplayTally {
  /** @param judged - findings of correlations among them */
  add(exchange: ReadExchange<unknown>, judged: JudgedExchange, reviewed: ReviewedAs | null): void;
  /** @param end - what correlations made of it all, where they were shown it */
  report(end?: ReplayEnd): ReplayReport;
}

export interface ReplayEnd {
  readonly events: ReplayedEvents;
  readonly lateReviews: readonly LateReview[];
}

const NO_EVENTS: ReplayEnd = {
  events: { late: [], waiting: new Map(), heldBack: new Map(), evicted: 0 },
  lateReviews: [],
};

export function createReplayTally(ruleSet: RuleSet): ReplayTally {
  const rules = compiledOf(ruleSet).compiledRules.filter(({ mode }) => mode !== 'off');
  const counters = new Map(rules.map(({ id }) => [id, createCounter()]));
  const correlations = createCorrelationTally(ruleSet);
  const known = new Set(
    [...rules, ...ruleSet.correlations.filter(({ mode }) => mode !== 'off')].map(({ id }) => id),
  );
  const any = { flags: 0, flaggedThen: 0, reviews: createReviews() };
  const removed = new Map<string, { readonly ruleId: string; readonly ruleName: string; fires: number }>();

  return {
    add(exchange, judged, reviewed) {
      const fires = new Set(judged.findings.map(({ ruleId }) => ruleId));
      for (const [ruleId, counter] of counters) {
        const then = exchange.fired.find(({ id }) => id === ruleId);
        const missing = judged.unjudged.filter((one) => one.ruleId === ruleId).map((one) => one.missing);
        counter.add({
          fires: fires.has(ruleId),
          firedThen: then !== undefined,
          reviewed: then?.isAlerting === true ? reviewed : null,
          missing,
        });
      }
      const unjudged = new Set(judged.unjudged.map(({ ruleId }) => ruleId));
      correlations.add({ exchange, findings: judged.findings, unjudged, reviewed });
      const firedThen = [...exchange.fired, ...(exchange.correlated ?? [])];
      for (const { id, name } of firedThen.filter((rule) => !known.has(rule.id))) {
        const before = removed.get(id) ?? { ruleId: id, ruleName: name, fires: 0 };
        removed.set(id, { ...before, fires: before.fires + 1 });
      }
      const flags = judged.findings.some(({ mode }) => mode !== 'shadow');
      if (flags) any.flags += 1;
      if (firedThen.some(({ isAlerting }) => isAlerting)) any.flaggedThen += 1;
      // Where a rule could not be judged, that nothing flags it says nothing.
      if (flags || judged.unjudged.length === 0) any.reviews.add(flags, reviewed);
    },
    report: (end = NO_EVENTS) => ({
      rules: rules.map(({ id, name, mode }) => ({
        ruleId: id,
        ruleName: name,
        mode,
        ...(counters.get(id) ?? createCounter()).figures(),
        heldBack: end.events.heldBack.get(name) ?? 0,
      })),
      correlations: correlations.report(end),
      any: { flags: any.flags, flaggedThen: any.flaggedThen, ...any.reviews.figures() },
      removed: [...removed.values()],
    }),
  };
}

interface Seen {
  readonly fires: boolean;
  readonly firedThen: boolean;
  readonly reviewed: ReviewedAs | null;
  /** What was missing in each segment that it could not be judged in. */
  readonly missing: readonly (readonly SignalId[])[];
}

function createCounter() {
  const counts = { judged: 0, fires: 0, firedThen: 0, newly: 0, gone: 0, unjudged: 0, unread: 0 };
  const missingIn: Partial<Record<SignalId, number>> = {};
  const reviews = createReviews();

  return {
    add({ fires, firedThen, reviewed, missing }: Seen): void {
      if (missing.some((signals) => signals.length === 0)) counts.unread += 1;
      for (const signal of new Set(missing.flat())) missingIn[signal] = (missingIn[signal] ?? 0) + 1;
      if (missing.length > 0 && !fires) {
        counts.unjudged += 1;
        return;
      }
      counts.judged += 1;
      if (fires) counts.fires += 1;
      if (firedThen) counts.firedThen += 1;
      if (fires && !firedThen) counts.newly += 1;
      if (firedThen && !fires) counts.gone += 1;
      reviews.add(fires, reviewed);
    },
    figures: () => {
      const { unjudged, unread, ...rest } = counts;
      const told = { exchanges: unjudged, missing: { ...missingIn }, unread };
      return { ...rest, unjudged: told, ...reviews.figures() };
    },
  };
}
