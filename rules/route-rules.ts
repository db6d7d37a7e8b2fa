import type { CompiledCondition, CompiledRule } from './compiled.ts';
import type { Fields } from './fields/fields.ts';

/** A rule as it reads segments of an exchange with these fields: with the thresholds of its route where traffic has
 *  taught some. */
export function onRoute(rule: CompiledRule, { route }: Fields): CompiledRule {
  return (route && rule.onRoutes.get(route)) || rule;
}

/** Whether some of the rules has thresholds of its own on a route. */
export function routesOf(rules: readonly CompiledRule[]): ReadonlySet<string> {
  return new Set(rules.flatMap(({ onRoutes }) => [...onRoutes.keys()]));
}

/** Whether a rule states a rate: only then can a route have another threshold. */
export function statesRate({ conditions }: Pick<CompiledRule, 'conditions'>): boolean {
  return conditions.some(
    ({ rate, steps }) => rate !== null || steps?.some(({ limit }) => limit.rate !== null) === true,
  );
}

/** What tells two compilations of one condition apart: the numbers that a calibration gave it. */
export function thresholdsOf({ threshold, steps, meter }: CompiledCondition): string {
  return JSON.stringify([threshold, steps?.map(({ limit }) => limit.threshold) ?? null, meter.measure]);
}
