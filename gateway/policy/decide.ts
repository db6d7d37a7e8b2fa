import type { UnscannedReason, Verdict } from '../../alerts/index.ts';
import type { Finding, RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import type { ScannedSegment } from '../scanning/exchange-scan.ts';
import type { PolicyUse } from '../telemetry/types.ts';

/** What policy makes of what was found, and of what could not be read. */
export interface Decision {
  readonly verdict: Verdict;
  /** Null unless the verdict is `block`. */
  readonly because: 'rule' | 'unscannable' | null;
  /** Names of the rules that blocked. */
  readonly rules: readonly string[];
  /** How often policy had to speak for text that could not be read. */
  readonly uses: readonly PolicyUse[];
}

/** Nothing was there to be read, or nobody asked for it. */
const NO_MATTER: ReadonlySet<UnscannedReason> = new Set(['no_rules', 'client_gone', 'upstream_cut']);

/** Pure: the same findings and coverage give the same decision.
 *  A rule that enforces `redact` blocks: what is not redacted must not pass. */
export function decide(
  findings: readonly Finding[],
  segments: readonly ScannedSegment[],
  { ruleSet, policy }: { readonly ruleSet: RuleSet; readonly policy: Config['policy'] },
): Decision {
  const blocking = findings.filter(({ mode, action }) => mode === 'enforce' && action !== 'flag');
  const uses = segments.flatMap((segment) => unscannableUse(segment, ruleSet, policy));
  if (blocking.length > 0) {
    return {
      verdict: 'block',
      because: 'rule',
      rules: [...new Set(blocking.map(({ ruleName }) => ruleName))],
      uses,
    };
  }
  if (uses.some(({ decision }) => decision === 'block')) {
    return { verdict: 'block', because: 'unscannable', rules: [], uses };
  }
  const isFlagged = findings.some(({ mode }) => mode === 'flag' || mode === 'enforce');
  return { verdict: isFlagged ? 'flag' : 'pass', because: null, rules: [], uses };
}

function unscannableUse(
  { ref, coverage }: ScannedSegment,
  ruleSet: RuleSet,
  policy: Config['policy'],
): PolicyUse[] {
  const { status, reason } = coverage;
  if (status === 'scanned' || reason === null || NO_MATTER.has(reason)) return [];
  if (ruleSet.signalsFor(ref.target).length === 0) return [];
  const decision = policy.on_unscannable[ruleSet.enforces(ref.target) ? 'enforce' : 'flag'];
  return [{ policy: 'on_unscannable', decision }];
}
