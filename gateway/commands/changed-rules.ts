import type { Finding } from '../../rules/index.ts';

/** A rule by its id, and what it is called. */
export interface NamedRule {
  readonly id: string;
  readonly name: string;
}

/** The rule of a finding. */
export function firedRule({ ruleId, ruleName }: Pick<Finding, 'ruleId' | 'ruleName'>): NamedRule {
  return { id: ruleId, name: ruleName };
}

/** Names of the rules that fire after and not before, and the other way round.
 *  @param unknown - ids of rules of which that cannot be told */
export function changedRules(
  { before, after }: { readonly before: readonly NamedRule[]; readonly after: readonly NamedRule[] },
  unknown: ReadonlySet<string>,
): { readonly newly: readonly string[]; readonly gone: readonly string[] } {
  const without = (rules: readonly NamedRule[], others: readonly NamedRule[]) => {
    const known = new Set(others.map(({ id }) => id));
    const named = rules.filter(({ id }) => !known.has(id) && !unknown.has(id)).map(({ name }) => name);
    return [...new Set(named)];
  };
  return { newly: without(after, before), gone: without(before, after) };
}
