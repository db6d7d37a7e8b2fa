import {
  type CompiledCondition,
  type CompiledRule,
  compiledOf,
  type Plan,
  type PlannedRule,
} from './compiled.ts';
import type { Expression } from './expression.ts';
import { namesIn, reduceExpression } from './expression-truth.ts';
import type { FieldName, Fields } from './fields/fields.ts';
import type { RuleSet, RuleSummary, SegmentRef } from './types.ts';

/** A rule that enforces, and how much of a text must wait for it. */
export interface ActingRule extends Pick<RuleSummary, 'id' | 'name'> {
  readonly action: 'redact' | 'block';
  /** The most tokens that a match can reach back over, its last one included; null where only a segment's end can tell,
   *  or where a match may begin anywhere before. */
  readonly reach: number | null;
}

/** The rules that act on segments of a target where the fields of the exchange are as given. What a rule asks of a
 *  segment alone, as its tool, may be met or not: it is known when the segment is begun to be judged. */
export function actingRules(
  ruleSet: RuleSet,
  target: SegmentRef['target'],
  fields: Fields,
): readonly ActingRule[] {
  const { compiledRules, planFor } = compiledOf(ruleSet);
  const given = { ...fields, target };
  const plan = planFor(target, given);
  const known = KNOWN.get(plan) ?? actingIn(plan, compiledRules, given);
  KNOWN.set(plan, known);
  return known;
}

/** A plan is of one rule set, one target and what its conditions on fields come to, and serves many exchanges: each asks
 *  this of several targets. */
const KNOWN = new WeakMap<Plan, readonly ActingRule[]>();

function actingIn(
  plan: Plan,
  rules: readonly CompiledRule[],
  fields: Fields & Pick<SegmentRef, 'target'>,
): readonly ActingRule[] {
  const known = plan.rules.filter(({ rule }) => !rule.fieldConditions.some(asksOfSegment));
  const open = rules
    .filter((rule) => rule.target === fields.target || rule.target === 'any')
    .filter((rule) => rule.fieldConditions.some(asksOfSegment))
    .map((rule) => ({ rule, expression: leftOpen(rule, fields) }))
    .filter(({ expression }) => expression !== false);
  return [...known, ...open].filter(({ rule }) => isActing(rule)).map(actingRule);
}

/** What is left of a rule's expression before its segment is known. */
function leftOpen({ expression, fieldConditions }: CompiledRule, fields: Fields): Expression | boolean {
  return reduceExpression(expression, (name) => {
    const condition = fieldConditions.find((one) => one.name === name);
    return condition === undefined || asksOfSegment(condition) ? undefined : condition.holds(fields);
  });
}

const OF_SEGMENT: ReadonlySet<FieldName> = new Set(['tool', 'role', 'language']);

function asksOfSegment({ fields }: CompiledRule['fieldConditions'][number]): boolean {
  return fields.some((field) => OF_SEGMENT.has(field));
}

/** Whether a rule does more than flag. */
export function isActing({ mode, action }: Pick<RuleSummary, 'mode' | 'action'>): boolean {
  return mode === 'enforce' && action !== 'flag';
}

function actingRule({ rule, expression }: Pick<PlannedRule, 'rule' | 'expression'>): ActingRule {
  const { id, name, action } = rule;
  return {
    id,
    name,
    action: action === 'redact' ? 'redact' : 'block',
    reach: rule.isOfExchange || typeof expression === 'boolean' ? null : reachOf(expression, rule),
  };
}

/** Of alternatives the furthest; what must come together may lie apart as far as the text is long. What is asked of
 *  fields is decided before the first token. */
function reachOf(expression: Expression, rule: CompiledRule): number | null {
  if (isOfFields(expression, rule)) return 0;
  if (expression.kind === 'name') {
    const condition = rule.conditions.find(({ name }) => name === expression.name);
    return condition === undefined ? null : meterReach(condition);
  }
  if (expression.kind === 'not') return null;
  const operands = expression.operands.filter((operand) => !isOfFields(operand, rule));
  const isOpenToFields = expression.operands.length - operands.length >= expression.count;
  if (isOpenToFields || (expression.count > 1 && operands.length > 1)) return null;
  const reaches = operands.map((operand) => reachOf(operand, rule));
  return reaches.reduce(
    (furthest, reach) => (furthest === null || reach === null ? null : Math.max(furthest, reach)),
    0,
  );
}

/** Whether nothing in a text decides it. */
function isOfFields(expression: Expression, { fieldConditions }: CompiledRule): boolean {
  return namesIn(expression).every(({ name }) => fieldConditions.some((one) => one.name === name));
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
