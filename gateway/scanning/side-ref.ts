import type { RuleSet, SegmentRef } from '../../rules/index.ts';

/** The targets that texts of a side may be. */
const TARGETS = {
  request: ['input', 'system', 'tool_result', 'tool_call'],
  response: ['output', 'tool_call'],
} as const;

/** Stands for a whole side, which may be any of its targets, so it is the one that rules are strictest on. */
export function sideRef(side: 'request' | 'response', ruleSet: RuleSet): SegmentRef {
  const targets = TARGETS[side];
  const strictest =
    targets.find((target) => ruleSet.enforces(target)) ??
    targets.find((target) => ruleSet.signalsFor(target).length > 0);
  const role = side === 'request' ? 'user' : 'assistant';
  return { id: side, pointer: '', choice: null, target: strictest ?? targets[0], role };
}
