import {
  type CompiledCondition,
  type CompiledRule,
  compiledOf,
  type Plan,
  type PlannedRule,
} from './compiled.ts';
import type { Expression } from './expression.ts';
import type { Fields } from './fields/fields.ts';
import type { RuleSet, RuleSummary, SegmentRef } from './types.ts';

/** A rule that enforces, and how much of a text must wait for it. */
export interface ActingRule extends Pick<RuleSummary, 'id' | 'name'> {
  readonly action: 'redact' | 'block';
  /** The most tokens that a match can reach back over, its last one included; null where only a segment's end can tell,
   *  or where a match may begin anywhere before. */
  readonly reach: number | null;
}

/** The rules that act on segments of a target where the fields of the exchange are as given. What a rule asks of a
 *  segment alone, as its tool, counts as met. */
export function actingRules(
  ruleSet: RuleSet,
  target: SegmentRef['target'],
  fields: Fields,
): readonly ActingRule[] {
  const { compiledRules, planFor } = compiledOf(ruleSet);
  const plan = planFor(target, { ...fields, target });
  const known = KNOWN.get(plan) ?? actingIn(plan, target, compiledRules);
  KNOWN.set(plan, known);
  return known;
}

/** A plan is of one rule set and one target, and serves many exchanges: each asks this of several targets. */
const KNOWN = new WeakMap<Plan, readonly ActingRule[]>();

function actingIn(
  plan: Plan,
  target: SegmentRef['target'],
  rules: readonly CompiledRule[],
): readonly ActingRule[] {
  const planned = new Set(plan.rules.map(({ rule }) => rule.id));
  const onSegment = rules
    .filter((rule) => rule.target === target || rule.target === 'any')
    .filter((rule) => rule.fieldConditions.some(asksOfSegment) && !planned.has(rule.id))
    .map((rule) => ({ rule, expression: rule.expression }));
  return [...plan.rules, ...onSegment].filter(({ rule }) => isActing(rule)).map(actingRule);
}

function asksOfSegment({ fields }: CompiledRule['fieldConditions'][number]): boolean {
  return fields.some((field) => field === 'tool' || field === 'role');
}

/** Whether a rule does more than flag. */
export function isActing({ mode, action }: Pick<RuleSummary, 'mode' | 'action'>): boolean {
  return mode === 'enforce' && action !== 'flag';
}

function actingRule({ rule, expression }: Pick<PlannedRule, 'rule' | 'expression'>): ActingRule {
  const { id, name, action, conditions } = rule;
  return {
    id,
    name,
    action: action === 'redact' ? 'redact' : 'block',
    reach: rule.isOfExchange || typeof expression === 'boolean' ? null : reachOf(expression, conditions),
  };
}

/** Of alternatives the furthest; what must come together may lie apart as far as the text is long. */
function reachOf(expression: Expression, conditions: readonly CompiledCondition[]): number | null {
  if (expression.kind === 'name') {
    const condition = conditions.find(({ name }) => name === expression.name);
    return condition === undefined ? null : meterReach(condition);
  }
  if (expression.kind === 'not' || (expression.count > 1 && expression.operands.length > 1)) return null;
  const reaches = expression.operands.map((operand) => reachOf(operand, conditions));
  return reaches.reduce(
    (furthest, reach) => (furthest === null || reach === null ? null : Math.max(furthest, reach)),
    0,
  );
}

/** The most tokens that meet a condition together; null where that may be all. */
export function meterReach({ meter: { measure } }: Pick<CompiledCondition, 'meter'>): number | null {
  if (measure.kind === 'aggregate') {
    const { kind, window } = measure.aggregate;
    if (kind === 'max') return 1;
    return kind === 'max_rolling_mean' ? window : null;
  }
  if (measure.kind === 'sustained') return measure.switches === null ? measure.window : null;
  return measure.kind === 'pair' ? measure.window + 1 : null;
}
