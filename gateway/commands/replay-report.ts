import type { Proportion, RuleReplay } from '../../rules/index.ts';
import type { ReplayedHistory } from './replay-history.ts';
import type { ReplayResult } from './rules-replay.ts';
import { formatTable } from './table.ts';

const MAX_SHOWN = 20;

/** An exchange that two sets of rules judge otherwise. */
export interface ChangedExchange {
  readonly exchangeId: string;
  readonly endedAt: string;
  readonly verdict: { readonly before: string; readonly after: string };
  /** Names of rules that fire after and not before, and the other way round. */
  readonly newly: readonly string[];
  readonly gone: readonly string[];
}

/** A replay for people. */
export function describeReplay(result: ReplayResult): string {
  const { rules, any, removed, changed } = result;
  const head = ['rule', 'judged', 'fires', 'then', 'new', 'gone', 'reviewed', 'precision', 'recall'];
  const rows = rules.map((rule) => [
    rule.mode === 'shadow' ? `${rule.ruleName} (shadow)` : rule.ruleName,
    ...[rule.judged, rule.fires, rule.firedThen, rule.newly, rule.gone, rule.reviewed].map(String),
    share(rule.precision),
    share(rule.recall),
  ]);
  const last = [
    'flagged by any',
    String(result.exchanges),
    String(any.flags),
    String(any.flaggedThen),
    '',
    '',
  ];
  const table = formatTable([
    head,
    ...rows,
    [...last, String(any.reviewed), share(any.precision), share(any.recall)],
  ]);
  return [
    describeHistory(result),
    table,
    ...describeUnjudged(rules),
    ...removed.map(({ ruleName, fires }) => `${ruleName}: fired in ${fires} then, and is off or no more\n`),
    describeChanged(changed, 'no exchange is judged otherwise than then', 'are judged otherwise than then'),
  ].join('');
}

/** What was gone through, and what was not. */
export function describeHistory(history: ReplayedHistory): string {
  const { exchanges, tokens, otherFeatureset, damaged, from, to, seconds } = history;
  const rate = Math.round(tokens / Math.max(seconds, 1e-3));
  const ends = from === null ? '' : `, ended ${from} to ${to}`;
  const left = (count: number, why: string) =>
    count === 0 ? '' : `${count} exchanges are left out: ${why}\n`;
  return [
    `${exchanges} exchanges of ${tokens} tokens in ${seconds.toFixed(1)} s (${rate} tokens/s)${ends}\n`,
    left(otherFeatureset, 'they were read with another featureset than the one that is loaded'),
    left(damaged, 'what was kept of them is damaged'),
  ].join('');
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

/** The exchanges of which something is judged otherwise, the newest first. */
export function describeChanged(changed: readonly ChangedExchange[], none: string, some: string): string {
  if (changed.length === 0) return `${none}\n`;
  const lines = changed.toReversed().slice(0, MAX_SHOWN).map(describeChange);
  const more = changed.length > MAX_SHOWN ? `  … and ${changed.length - MAX_SHOWN} more, see --json\n` : '';
  return `${changed.length} exchanges ${some}:\n${lines.join('')}${more}`;
}

function describeChange({ exchangeId, endedAt, verdict, newly, gone }: ChangedExchange): string {
  const rules = [...newly.map((name) => `+${name}`), ...gone.map((name) => `-${name}`)].join(' ');
  return `  ${exchangeId}  ${endedAt}  ${verdict.before} -> ${verdict.after}  ${rules}\n`;
}

function share(proportion: Proportion | null): string {
  if (proportion === null) return '-';
  const { value, interval } = proportion;
  const [low, high] = interval.map((end) => end.toFixed(2));
  return `${value.toFixed(2)} (${low} to ${high})`;
}
