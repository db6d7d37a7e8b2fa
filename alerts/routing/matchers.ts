import type { Level } from '../../rules/index.ts';
import { levelRank } from '../levels.ts';
import type { Alert } from '../types.ts';

/** What an alert must be: all that is said must hold, and of each list one. Names and tags take `*` for any text. */
export interface Matchers {
  /** Names or ids. */
  readonly rules?: readonly string[];
  readonly tags?: readonly string[];
  readonly tenants?: readonly string[];
  readonly conversations?: readonly string[];
  readonly levels?: readonly Level[];
  /** This level and those above. */
  readonly min_level?: Level;
}

/** Whether the alert is what the matchers say; without any, every alert is. */
export function isMatch(matchers: Matchers, alert: Alert): boolean {
  const { ruleId, ruleName, tags, level } = alert.finding;
  return (
    isNamed(matchers.rules, [ruleId, ruleName]) &&
    isNamed(matchers.tags, tags) &&
    isNamed(matchers.tenants, alert.tenant === null ? [] : [alert.tenant]) &&
    isNamed(matchers.conversations, [alert.conversationId]) &&
    (matchers.levels?.includes(level) ?? true) &&
    levelRank(level) >= (matchers.min_level === undefined ? 0 : levelRank(matchers.min_level))
  );
}

function isNamed(patterns: readonly string[] | undefined, names: readonly string[]): boolean {
  return patterns === undefined || patterns.some((pattern) => names.some((name) => isLike(pattern, name)));
}

/** `*` stands for any text, the empty one included; it takes time linear in both for each of its stars. */
function isLike(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - from >= last.length && name.endsWith(last);
}
