import { type CompiledRuleSet, compiledOf, type Plan } from './compiled.ts';
import type { Mode, RuleSet } from './types.ts';

/** The same rules, none of which acts or raises an alert: each that is not off is in shadow. */
export function inShadow(ruleSet: RuleSet): RuleSet {
  const compiled = compiledOf(ruleSet);
  const rules = compiled.compiledRules.map(shadowed);
  const correlations = compiled.compiledCorrelations.map(shadowed);
  const plans = new WeakMap<Plan, Plan>();
  const planFor: CompiledRuleSet['planFor'] = (target, fields) => {
    const plan = compiled.planFor(target, fields);
    const known = plans.get(plan) ?? shadowPlan(plan);
    plans.set(plan, known);
    return known;
  };
  const shadow: CompiledRuleSet = {
    ...compiled,
    rules,
    correlations,
    compiledRules: rules,
    compiledCorrelations: correlations,
    correlationsOn: (ruleId) => compiled.correlationsOn(ruleId).map(shadowed),
    enforces: () => false,
    planFor,
  };
  return shadow;
}

function shadowPlan({ rules, judged, rulesOf, ...rest }: Plan): Plan {
  const planned = new Map(rules.map((one) => [one, { ...one, rule: shadowed(one.rule) }]));
  const shadows = (list: Plan['rules']) => list.map((one) => planned.get(one) ?? one);
  return { ...rest, rules: shadows(rules), judged: shadows(judged), rulesOf: rulesOf.map(shadows) };
}

function shadowed<T extends { readonly mode: Mode }>(rule: T): T {
  return { ...rule, mode: rule.mode === 'off' ? 'off' : 'shadow' };
}
