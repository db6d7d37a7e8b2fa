import {
  type ActingRule,
  actingRules,
  type Fields,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';

/** How an answer goes to its client. */
export type AnswerWay =
  /** As it comes, scored beside. */
  | { readonly way: 'observe' }
  /** Each event once it can be in no match any more. */
  | { readonly way: 'hold'; readonly reach: Reach }
  /** All or nothing. */
  | { readonly way: 'buffer' };

/** The most tokens that a match in texts of a target can reach back over; null: only a text's end can tell. */
export type Reach = (target: SegmentRef['target']) => number | null;

export interface AnswerWayParts {
  readonly ruleSet: RuleSet;
  /** Rules that cannot fire in this exchange do not count. */
  readonly fields: Fields;
  readonly config: Pick<Config, 'policy' | 'streaming'>;
  /** Whether events can go on one by one. */
  readonly isStreamed: boolean;
}

const TARGETS = ['output', 'tool_call'] as const;

/** The strictest of the rules that read the answer decides, or a policy that is stricter. */
export function answerWay({ ruleSet, fields, config, isStreamed }: AnswerWayParts): AnswerWay {
  const { policy, streaming } = config;
  const isRead = TARGETS.some((target) => ruleSet.signalsFor(target).length > 0);
  if (policy.on_unscannable.flag === 'block' && isRead) return { way: 'buffer' };
  if (policy.on_unrecorded.none === 'block' && !isStreamed) return { way: 'buffer' };
  if (!isRead) return { way: 'observe' };
  const acting = new Map(TARGETS.map((target) => [target, actingRules(ruleSet, target, fields)] as const));
  const all = [...acting.values()].flat();
  if (all.length === 0) return { way: 'observe' };
  const canHold = all.every(({ reach }) => reach !== null && reach <= streaming.hold_tokens);
  if (!isStreamed || streaming.enforcing === 'buffer' || !canHold) return { way: 'buffer' };
  return { way: 'hold', reach: (target) => reachIn(target, acting.get(target as 'output') ?? []) };
}

/** Calls that may be redacted wait for their end, since only there their JSON can be written anew. */
function reachIn(target: SegmentRef['target'], rules: readonly ActingRule[]): number | null {
  if (target === 'tool_call' && rules.some(({ action }) => action === 'redact')) return null;
  return Math.max(1, ...rules.map(({ reach }) => reach ?? 1));
}
