import type { CorrelationReplay, Proportion, ReviewedFigures, RuleReplay } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { describeChanged, describeLate } from './changed-exchanges.ts';
import type { ReplayedHistory } from './replay-history.ts';
import type { SideReport } from './replay-side.ts';
import type { ReplayResult } from './rules-replay.ts';
import { formatTable } from './table.ts';

const RULE_HEAD = ['rule', 'judged', 'fires', 'then', 'new', 'gone', 'reviewed', 'precision', 'recall'];
const CORRELATION_HEAD = ['correlation', 'raises', ...RULE_HEAD.slice(2, 6), 'late', ...RULE_HEAD.slice(6)];

/** A replay for people. */
export function describeReplay(result: ReplayResult, config: Pick<Config, 'review'>): string {
  const { rules, any, removed, changed, exchanges, late } = result;
  const rows = rules.map((rule) => [
    nameOf(rule),
    ...[rule.judged, rule.fires, rule.firedThen, rule.newly, rule.gone].map(String),
    ...reviewedCells(rule),
  ]);
  const last = ['flagged by any', ...[exchanges, any.flags, any.flaggedThen].map(String), '', ''];
  return [
    describeHistory(result),
    formatTable([RULE_HEAD, ...rows, [...last, ...reviewedCells(any)]]),
    ...describeUnjudged(rules),
    correlationTable(result),
    ...describeCorrelations(result),
    late.length === 0 ? '' : `decided by time alone, so that there was an alert of no exchange:\n`,
    describeLate(late),
    ...removed.map(({ ruleName, fires }) => `${ruleName}: fired in ${fires} then, and is off or no more\n`),
    describeChanged(changed, { than: 'then', config }),
  ].join('');
}

function correlationTable({ correlations }: SideReport): string {
  if (correlations.length === 0) return '';
  const rows = correlations.map((one) => [
    nameOf(one),
    ...[one.raises, one.fires, one.firedThen, one.newly, one.gone, one.late].map(String),
    ...reviewedCells(one),
  ]);
  return formatTable([CORRELATION_HEAD, ...rows]);
}

/** What must be known to read the figures of correlations and alerts right. */
export function describeCorrelations(report: SideReport & Pick<ReplayedHistory, 'from'>): string[] {
  const { correlations, rules, from, evictedGroups } = report;
  const begin =
    correlations.length === 0 || from === null
      ? []
      : [`correlations begin at ${from} with nothing counted: what came before is not in them\n`];
  const evicted =
    evictedGroups === 0
      ? []
      : [`${evictedGroups} groups of events were given up for newer ones, as a gateway would have done\n`];
  const held = [...rules, ...correlations].filter(({ heldBack }) => heldBack > 0);
  return [
    ...begin,
    ...correlations.flatMap(correlationLines),
    ...held.map(
      ({ ruleName, heldBack }) => `${ruleName}: the grouping of its alerts holds ${heldBack} back\n`,
    ),
    ...evicted,
  ];
}

function correlationLines({ ruleName, unheard, waiting, unknownThen }: CorrelationReplay): string[] {
  const line = (count: number, what: string) => (count === 0 ? [] : [`${ruleName}: ${what}\n`]);
  return [
    ...line(unheard, `may miss events: of ${unheard} exchanges a rule that it hears of could not judge all`),
    ...line(waiting, `${waiting} waited at the end for what must not follow, or for their timespan to end`),
    ...line(unknownThen, `whether it fired then was not kept of ${unknownThen} exchanges`),
  ];
}

/** What was gone through, and what was not. */
export function describeHistory(history: ReplayedHistory): string {
  const { exchanges, tokens, otherFeatureset, damaged, from, to, seconds } = history;
  const rate = Math.round(tokens / Math.max(seconds, 1e-3));
  const ends = from === null ? keptText(history) : `, ended ${from} to ${to}`;
  const left = (count: number, why: string) =>
    count === 0 ? '' : `${count} exchanges are left out: ${why}\n`;
  return [
    `${exchanges} exchanges of ${tokens} tokens in ${seconds.toFixed(1)} s (${rate} tokens/s)${ends}\n`,
    left(otherFeatureset, 'they were read with another featureset than the one that is loaded'),
    left(damaged, 'what was kept of them is damaged'),
  ].join('');
}

/** Where a range is empty: what there is outside it. */
function keptText({ kept }: ReplayedHistory): string {
  if (kept.from === null) return '; nothing is kept at all';
  return `: none ended in this range; the ${kept.exchanges} that are kept ended ${kept.from} to ${kept.to}`;
}

/** The rules that could not be held against everything, and what was missing; nothing of the others. */
export function describeUnjudged(rules: readonly RuleReplay[]): string[] {
  return rules.flatMap(unjudgedLine);
}

function unjudgedLine({ ruleName, unjudged }: RuleReplay): string[] {
  const { exchanges, missing, unread } = unjudged;
  if (exchanges === 0) return [];
  const reasons = Object.entries(missing).map(([signal, count]) => `${signal} was not kept (${count})`);
  if (unread > 0) reasons.push(`a segment was read by no rule then (${unread})`);
  return [`${ruleName}: not judged on ${exchanges} exchanges: ${reasons.join(', ')}\n`];
}

/** What a rule is called in a table. */
export function nameOf({ ruleName, mode }: Pick<RuleReplay, 'ruleName' | 'mode'>): string {
  return mode === 'shadow' ? `${ruleName} (shadow)` : ruleName;
}

function reviewedCells({ reviewed, precision, recall }: ReviewedFigures): string[] {
  return [String(reviewed), share(precision), share(recall)];
}

/** `0.50 (0.09 to 0.91)` */
export function share(proportion: Proportion | null): string {
  if (proportion === null) return '-';
  const { value, interval } = proportion;
  const [low, high] = interval.map((end) => end.toFixed(2));
  return `${value.toFixed(2)} (${low} to ${high})`;
}
