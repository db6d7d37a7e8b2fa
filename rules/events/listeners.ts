import type { CompiledCorrelation } from './compile-correlations.ts';

/** For the id of a rule or a correlation: the correlations that take its findings as events. Those that are off hear
 *  nothing. */
export function listenersOf(
  correlations: readonly CompiledCorrelation[],
): ReadonlyMap<string, readonly CompiledCorrelation[]> {
  const listeners = new Map<string, CompiledCorrelation[]>();
  for (const correlation of correlations.filter(({ mode }) => mode !== 'off')) {
    for (const ruleId of new Set(heardBy(correlation))) {
      listeners.set(ruleId, [...(listeners.get(ruleId) ?? []), correlation]);
    }
  }
  return listeners;
}

function heardBy({ ruleIds, unless, unlessThen }: CompiledCorrelation): readonly string[] {
  return [...ruleIds, ...unless, ...(unlessThen?.ruleIds ?? [])];
}
