import type { Activations } from '../detectors/index.ts';
import type { Plan } from './compiled.ts';
import { advance, beginSegment, finish } from './evaluate.ts';
import { judgeExchange } from './exchange/judge-exchange.ts';
import type { Fields, Finding, RuleSet, SegmentRef, SegmentState } from './types.ts';

/** All that the reader saw of a segment, and the rules that are to judge it. */
export interface SegmentToJudge {
  readonly segment: SegmentRef;
  /** Fields of the exchange. */
  readonly fields: Fields;
  /** Default: the set's active rules on the segment's target. */
  readonly plan?: Plan;
  readonly activations: Activations;
}

export interface JudgedSegment {
  readonly activations: Activations;
  readonly state: SegmentState;
  /** The rules that fired. */
  readonly settled: readonly Finding[];
}

/** What rules make of a whole segment.
 *  @throws {RulesError} SIGNAL_MISSING where the activations lack a signal that a rule reads */
export function judgeSegment(ruleSet: RuleSet, toJudge: SegmentToJudge): JudgedSegment {
  const { segment, fields, plan, activations } = toJudge;
  const begun = beginSegment(ruleSet, segment, { fields, ...(plan === undefined ? {} : { plan }) });
  const { state } = advance(ruleSet, begun, activations);
  // Alone it is an exchange of one segment.
  const part = { state, tokens: activations.tokens, view: null };
  const settled = [...finish(ruleSet, state).settled, ...judgeExchange(ruleSet, [part])];
  return { activations, state, settled };
}
