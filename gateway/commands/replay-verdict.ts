import type { UnscannedReason, Verdict } from '../../alerts/index.ts';
import type { JudgedExchange, KeptExchange, RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { decide } from '../policy/decide.ts';

/** What policy makes of an exchange that is judged again: the gateway's own decision on what is found now and on what
 *  could not be read then. */
export function replayedVerdict(
  { segments }: KeptExchange,
  { findings }: JudgedExchange,
  { ruleSet, policy }: { readonly ruleSet: RuleSet; readonly policy: Config['policy'] },
): Verdict {
  const covered = segments.map(({ ref, status, reason }) => ({
    ref,
    // The gateway wrote its own words there.
    coverage: { status, reason: reason as UnscannedReason | null },
  }));
  return decide(findings, covered, { ruleSet, policy }).verdict;
}
