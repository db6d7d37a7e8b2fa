import type { CompiledCondition, CompiledRule, Plan, PlannedRule } from './compiled.ts';
import { reduceExpression } from './expression-truth.ts';
import type { FieldCondition } from './fields/compile-fields.ts';
import type { Fields } from './fields/fields.ts';
import { keyOfMeter } from './meters/meter.ts';
import type { Meter } from './meters/types.ts';
import { onRoute, routesOf } from './route-rules.ts';

/** The plan for some rules where the fields are as given, with the thresholds of the route; meters that several conditions
 *  share are kept once. */
export function createPlan(given: readonly CompiledRule[], fields: Fields): Plan {
  const rules = given.map((rule) => onRoute(rule, fields));
  const meters: Meter[] = [];
  const indexOf = new Map<string, number>();
  const meterOf = ({ meter }: CompiledCondition): number => {
    const key = keyOfMeter(meter);
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    indexOf.set(key, meters.length);
    return meters.push(meter) - 1;
  };
  const planned = rules.map(
    (rule): PlannedRule => ({
      rule,
      expression: expressionGiven(rule, fields),
      meterOf: rule.conditions.map(meterOf),
      conditionOf: new Map(rule.conditions.map(({ name }, i) => [name, i])),
    }),
  );
  const signals = [...new Set(rules.flatMap(({ conditions }) => conditions.flatMap((one) => one.signals)))];
  const rulesOf = meters.map((): PlannedRule[] => []);
  const judged = planned.filter(({ rule }) => !rule.isOfExchange);
  for (const one of judged) for (const meter of new Set(one.meterOf)) rulesOf[meter]?.push(one);
  return { rules: planned, judged, meters, signals, rulesOf };
}

function expressionGiven({ expression, fieldConditions }: CompiledRule, fields: Fields) {
  if (fieldConditions.length === 0) return expression;
  return reduceExpression(expression, (name) =>
    fieldConditions.find((condition) => condition.name === name)?.holds(fields),
  );
}

const MAX_KEPT = 256;

/** Plans for the same rules under changing fields, without those rules that cannot fire any more. Plans that were made
 *  are kept, by which conditions hold and, where thresholds are a route's own, by the route. */
export function createPlanner(rules: readonly CompiledRule[]): (fields: Fields) => Plan {
  const conditions: readonly FieldCondition[] = rules.flatMap((rule) => rule.fieldConditions);
  const routes = routesOf(rules);
  const kept = new Map<string, Plan>();
  return (fields) => {
    const held = conditions.map((condition) => (condition.holds(fields) ? '1' : '0')).join('');
    const key = fields.route && routes.has(fields.route) ? `${held} ${fields.route}` : held;
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= MAX_KEPT) kept.clear();
    const open = rules.filter((rule) => expressionGiven(rule, fields) !== false);
    const plan = createPlan(open, fields);
    kept.set(key, plan);
    return plan;
  };
}
