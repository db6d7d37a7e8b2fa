import type { RuleSet } from '../../rules/index.ts';

const TARGETS = ['input', 'output', 'system', 'tool_call', 'tool_result'] as const;

/** Whether any rule of a set may act. */
export function enforcesAny(ruleSet: RuleSet): boolean {
  return TARGETS.some((target) => ruleSet.enforces(target));
}
