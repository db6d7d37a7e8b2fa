import type { DatabaseSync } from 'node:sqlite';
import type { Level } from '../../rules/index.ts';
import { LEVELS } from '../levels.ts';
import { WITHDRAWN } from '../stored-rows.ts';
import { OWN_ROUTE } from '../system-alert.ts';
import type { Counts, Judgement, RuleCount } from '../types.ts';

const TOTALS = `SELECT count(*) AS exchanges, count(level_rank) AS flagged FROM exchanges`;

const BY_LEVEL = `SELECT level_rank AS rank, count(*) AS count FROM exchanges
  WHERE level_rank IS NOT NULL GROUP BY level_rank`;

/** The latest version's words stand for a rule: bare columns beside max() come from the row that holds it. */
const BY_RULE = `SELECT rule_id AS ruleId, rule_name AS ruleName, rule_title AS ruleTitle, level_rank AS rank,
  count(DISTINCT exchange_seq) AS count, max(seq) AS latest, count(*) OVER () AS rules FROM findings
  WHERE is_alerting = 1 GROUP BY rule_id ORDER BY count DESC, rule_name LIMIT 200`;

const BY_JUDGEMENT = `SELECT r.verdict, count(*) AS count, sum(e.route <> '${OWN_ROUTE}') AS ofRules
  FROM reviews r JOIN exchanges e ON e.seq = r.exchange_seq AND e.level_rank IS NOT NULL
  WHERE r.seq = (SELECT max(seq) FROM reviews l WHERE l.exchange_seq = r.exchange_seq)
  AND r.verdict <> '${WITHDRAWN}' GROUP BY r.verdict`;

interface RuleRow extends Omit<RuleCount, 'level'> {
  readonly rank: number;
  /** How many there are in all. */
  readonly rules: number;
}

/** Prepares the counting queries of one connection. */
export function createCounter(database: DatabaseSync): () => Counts {
  const totals = database.prepare(TOTALS);
  const byLevel = database.prepare(BY_LEVEL);
  const byRule = database.prepare(BY_RULE);
  const byJudgement = database.prepare(BY_JUDGEMENT);

  const countLevels = (): Record<Level, number> => {
    const counts = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 };
    for (const row of byLevel.all()) {
      const level = LEVELS[Number(row['rank'])];
      if (level !== undefined) counts[level] = Number(row['count']);
    }
    return counts;
  };
  const countJudgements = () => {
    const judgements = { correct: 0, false_alarm: 0, unsure: 0 };
    let reviewed = 0;
    for (const row of byJudgement.all()) {
      judgements[row['verdict'] as Judgement] = Number(row['ofRules']);
      reviewed += Number(row['count']);
    }
    return { judgements, reviewed };
  };
  return () => {
    const { exchanges, flagged } = totals.get() as unknown as { exchanges: number; flagged: number };
    const { judgements, reviewed } = countJudgements();
    const rows = byRule.all() as unknown as RuleRow[];
    const rules = { rules: rows[0]?.rules ?? 0, byRule: rows.map(ruleCount) };
    const unreviewed = flagged - reviewed;
    return { exchanges, flagged, unreviewed, byLevel: countLevels(), ...rules, byJudgement: judgements };
  };
}

function ruleCount({ ruleId, ruleName, ruleTitle, rank, count }: RuleRow): RuleCount {
  return { ruleId, ruleName, ruleTitle, level: LEVELS[rank] ?? 'informational', count };
}
