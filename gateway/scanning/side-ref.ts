import type { RuleSet, SegmentRef } from '../../rules/index.ts';

/** Stands for a whole side; of an answer it may be either target, so the one that rules are strictest on. */
export function sideRef(side: 'request' | 'response', ruleSet: RuleSet): SegmentRef {
  const place = { id: side, pointer: '', choice: null };
  if (side === 'request') return { ...place, target: 'input', role: 'user' };
  const targets = ['output', 'tool_call'] as const;
  const strictest =
    targets.find((target) => ruleSet.enforces(target)) ??
    targets.find((target) => ruleSet.signalsFor(target).length > 0);
  return { ...place, target: strictest ?? 'output', role: 'assistant' };
}
