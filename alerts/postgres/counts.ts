import type { Level } from '../../rules/index.ts';
import { LEVELS } from '../levels.ts';
import { WITHDRAWN } from '../stored-rows.ts';
import { OWN_ROUTE } from '../system-alert.ts';
import type { Counts, Judgement, RuleCount } from '../types.ts';
import type { Query } from './database.ts';

const TOTALS = 'SELECT count(*) AS exchanges, count(level_rank) AS flagged FROM exchanges';

const BY_LEVEL = `SELECT level_rank AS rank, count(*) AS count FROM exchanges
  WHERE level_rank IS NOT NULL GROUP BY level_rank`;

/** The latest version's words stand for a rule. */
const BY_RULE = `SELECT * FROM (SELECT rule_id AS "ruleId", (array_agg(rule_name ORDER BY seq DESC))[1] AS "ruleName",
    (array_agg(rule_title ORDER BY seq DESC))[1] AS "ruleTitle", (array_agg(level_rank ORDER BY seq DESC))[1] AS rank,
    count(DISTINCT exchange_seq) AS count, count(*) OVER () AS rules
  FROM findings WHERE is_alerting GROUP BY rule_id) rules ORDER BY count DESC, "ruleName" COLLATE "C" LIMIT 200`;

const BY_JUDGEMENT = `SELECT latest.verdict, count(*) AS count,
    count(*) FILTER (WHERE e.route <> '${OWN_ROUTE}') AS "ofRules"
  FROM (SELECT DISTINCT ON (exchange_seq) exchange_seq, verdict FROM reviews ORDER BY exchange_seq, seq DESC) latest
  JOIN exchanges e ON e.seq = latest.exchange_seq AND e.level_rank IS NOT NULL
  WHERE latest.verdict <> '${WITHDRAWN}' GROUP BY latest.verdict`;

interface RuleRow extends Omit<RuleCount, 'level'> {
  readonly rank: number;
  /** How many there are in all. */
  readonly rules: number;
}

interface JudgementRow {
  readonly verdict: Judgement;
  readonly count: number;
  /** Those that are no notices of Telltale's own. */
  readonly ofRules: number;
}

/** Counts what the store holds. */
export async function countAll(query: Query): Promise<Counts> {
  const [totals] = await query<{ exchanges: number; flagged: number }>(TOTALS);
  const { exchanges = 0, flagged = 0 } = totals ?? {};
  const byLevel: Record<Level, number> = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const { rank, count } of await query<{ rank: number; count: number }>(BY_LEVEL)) {
    const level = LEVELS[rank];
    if (level !== undefined) byLevel[level] = count;
  }
  const byJudgement: Record<Judgement, number> = { correct: 0, false_alarm: 0, unsure: 0 };
  let reviewed = 0;
  for (const { verdict, count, ofRules } of await query<JudgementRow>(BY_JUDGEMENT)) {
    byJudgement[verdict] = ofRules;
    reviewed += count;
  }
  const rows = await query<RuleRow>(BY_RULE);
  const rules = rows[0]?.rules ?? 0;
  const byRule = rows.map(({ rank, rules: _, ...rule }) => ({
    ...rule,
    level: LEVELS[rank] ?? ('informational' as const),
  }));
  return { exchanges, flagged, unreviewed: flagged - reviewed, byLevel, rules, byRule, byJudgement };
}
