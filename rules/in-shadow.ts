import { type CompiledRule, type CompiledRuleSet, compiledOf, type Plan } from './compiled.ts';
import type { RuleSet } from './types.ts';

/** The same rules, none of which acts or raises an alert: each that is not off is in shadow. */
export function inShadow(ruleSet: RuleSet): RuleSet {
  const compiled = compiledOf(ruleSet);
  const rules = compiled.compiledRules.map(shadowed);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const plans = new WeakMap<Plan, Plan>();
  const planFor: CompiledRuleSet['planFor'] = (target, fields) => {
    const plan = compiled.planFor(target, fields);
    const shadow = plans.get(plan) ?? shadowPlan(plan, byId);
    plans.set(plan, shadow);
    return shadow;
  };
  const shadow: CompiledRuleSet = { ...compiled, rules, compiledRules: rules, enforces: () => false, planFor };
  return shadow;
}

function shadowPlan({ rules, rulesOf, ...rest }: Plan, byId: ReadonlyMap<string, CompiledRule>): Plan {
  const planned = new Map(rules.map((one) => [one, { ...one, rule: byId.get(one.rule.id) ?? one.rule }]));
  const shadows = (list: Plan['rules']) => list.map((one) => planned.get(one) ?? one);
  return { ...rest, rules: shadows(rules), rulesOf: rulesOf.map(shadows) };
}

function shadowed<T extends { readonly mode: string }>(rule: T): T & { readonly mode: 'shadow' | 'off' } {
  return { ...rule, mode: rule.mode === 'off' ? 'off' : 'shadow' };
}
