import type { UnscannedReason, Verdict } from '../../alerts/index.ts';
import type { Finding, ReadExchange, RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { withFindings } from '../exchange/exchange-record.ts';
import { decide } from '../policy/decide.ts';
import { decideAfterwards } from '../policy/decide-afterwards.ts';

/** What is found in an exchange that is judged again. */
export interface ReplayedFindings {
  /** Of its rules. */
  readonly own: readonly Finding[];
  /** Those, and those of correlations. */
  readonly all: readonly Finding[];
}

/** What policy makes of it: the gateway's own decision, or the worker's, on what is found now and on what could not be
 *  read then. */
export function replayedVerdict(
  { segments }: ReadExchange<unknown>,
  { own, all }: ReplayedFindings,
  { ruleSet, config }: { readonly ruleSet: RuleSet; readonly config: Pick<Config, 'policy' | 'scoring'> },
): Verdict {
  const covered = segments.map(({ ref, status, reason }) => ({
    ref,
    // The gateway wrote its own words there.
    coverage: { status, reason: reason as UnscannedReason | null },
  }));
  const judge = config.scoring.where === 'kafka' ? decideAfterwards : decide;
  return withFindings(judge(own, covered, { ruleSet, policy: config.policy }), all).verdict;
}
