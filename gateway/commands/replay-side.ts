import type { Verdict } from '../../alerts/index.ts';
import {
  createEventReplay,
  createReplayTally,
  type Fields,
  type Finding,
  inShadow,
  type Observed,
  type OpenedExchange,
  type ReadExchange,
  type ReplayReport,
  type ReviewedAs,
  type RuleSet,
} from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { lateRecord } from '../events/late-recorder.ts';
import { observedFindings } from '../events/observed-findings.ts';
import { firedRule, type NamedRule } from './changed-rules.ts';
import type { ReplayedRow } from './replay-source.ts';
import { replayedVerdict } from './replay-verdict.ts';
import type { ReviewedLate } from './reviewed.ts';

/** What one set of rules makes of an exchange. */
export interface JudgedAgain {
  /** Of rules, marked where their alerts are grouped, and of correlations. */
  readonly findings: readonly Finding[];
  /** The rules and correlations that fire. */
  readonly fired: readonly NamedRule[];
  /** Ids of rules of which that cannot be told. */
  readonly unjudged: readonly string[];
  readonly verdict: Verdict;
  readonly reviewed: ReviewedAs | null;
}

/** A finding of a correlation that no exchange completes. */
export interface LateFinding {
  /** Of the record that a gateway would have made of it. */
  readonly exchangeId: string;
  readonly ruleId: string;
  readonly ruleName: string;
  /** When it was due, ISO 8601. */
  readonly at: string;
  readonly group: Readonly<Record<string, string | null>>;
  /** Exchanges of the events before. */
  readonly exchanges: readonly string[];
}

/** What came of all exchanges. */
export interface SideReport extends ReplayReport {
  readonly late: readonly LateFinding[];
  /** Groups of correlations and alerts that were given up for newer ones before their time was over. */
  readonly evictedGroups: number;
}

/** One set of rules that is held against exchanges in the order of their ends. */
export interface ReplaySide {
  judge(opened: OpenedExchange, row: ReplayedRow): JudgedAgain;
  /** Once all are judged. */
  report(end: SideEnd): SideReport;
}

export interface SideEnd {
  /** Up to when it is known that nothing more came. */
  readonly until: Date;
  /** What reviewers said of records that are of no exchange. */
  readonly late: readonly ReviewedLate[];
}

/** Rules, correlations, the grouping of alerts and policy, as a gateway has them that has counted nothing yet. */
export function createReplaySide(given: RuleSet, config: Config): ReplaySide {
  const ruleSet = config.policy.shadow ? inShadow(given) : given;
  const tally = createReplayTally(ruleSet);
  const events = createEventReplay(ruleSet);
  return {
    judge(opened, row) {
      const { exchange } = opened;
      const { findings: own, unjudged } = opened.judge(ruleSet);
      const all = events.observe(
        observedFindings({
          exchangeId: row.exchangeId,
          ruleSet,
          fields: { ...fieldsAtEnd(exchange), conversation: row.conversationId },
          findings: own,
          wordsOf: opened.printOf,
          at: Date.parse(row.endedAt),
        }),
      );
      tally.add(exchange, { findings: all, unjudged }, row.reviewed);
      return {
        findings: all,
        fired: all.map(firedRule),
        unjudged: unjudged.map(({ ruleId }) => ruleId),
        verdict: replayedVerdict(exchange, { own, all }, { ruleSet, config }),
        reviewed: row.reviewed,
      };
    },
    report({ until, late: reviewed }) {
      const ended = events.end(until.getTime());
      const late = ended.late.map(lateFinding);
      const raised = new Set(late.map(({ exchangeId }) => exchangeId));
      const lateReviews = reviewed.map((one) => ({ ...one, isRaised: raised.has(one.exchangeId) }));
      return { ...tally.report({ events: ended, lateReviews }), late, evictedGroups: ended.evicted };
    },
  };
}

/** A segment has the fields that were known when it began; the exchange has all that some segment of it has. */
function fieldsAtEnd({ segments }: ReadExchange<unknown>): Fields {
  const known = segments.flatMap(({ fields }) =>
    Object.entries(fields).filter(([, value]) => value !== null),
  );
  // A tool is a segment's own.
  return { ...Object.fromEntries(known), tool: null };
}

function lateFinding(late: Observed): LateFinding {
  const { ruleId, ruleName, correlation } = late.finding;
  return {
    exchangeId: lateRecord(late, '').exchangeId,
    ruleId,
    ruleName,
    at: new Date(late.at).toISOString(),
    group: correlation?.group ?? {},
    exchanges: (correlation?.events ?? []).flatMap(({ exchangeId }) => exchangeId ?? []),
  };
}
