import type { Finding } from '../../rules/index.ts';
import { type CoveredSegment, type Decision, type DecisionParts, decide, tooLate } from './decide.ts';

/** The answer has gone on: what would have acted flags. */
const NOTHING_WAITS = {
  request_verdict: 'observe',
  on_unscannable: { flag: 'pass', enforce: 'pass' },
} as const;

/** What policy makes of an exchange that nobody waits for any more. Pure. */
export function decideAfterwards(
  findings: readonly Finding[],
  segments: readonly CoveredSegment[],
  { ruleSet, policy }: DecisionParts,
): Decision {
  return tooLate(decide(findings, segments, { ruleSet, policy: { ...policy, ...NOTHING_WAITS } }));
}
