import { type Role, segmentsFor } from '../detectors/index.ts';
import { compiledOf } from './compiled.ts';
import type { CalibrationLearner } from './learn-calibration.ts';
import type { OwnCalibration } from './own-calibration.ts';
import { ROLE_OF_TARGET } from './resolve-threshold.ts';
import type { RuleSet } from './types.ts';

/** Whose segments a threshold is of, on one route. */
export interface RouteUse {
  readonly rule: string;
  readonly condition: string;
  readonly rate: number;
  readonly route: string;
  /** Whose segments the rule reads; null for everybody's. */
  readonly role: Role | null;
  /** Segments of that role on the route. */
  readonly segments: number;
  /** The route's own; those of all routes by the role alone; or all there are. */
  readonly used: 'route' | 'role' | 'all';
  /** How many more of the role are needed on the route for a threshold of its own. */
  readonly missing: number;
}

/** For every rate that a rule states and every route that was learned: which segments its threshold is of. */
export function routeUses(
  ruleSet: RuleSet,
  learner: Pick<CalibrationLearner, 'routes' | 'segmentsOn'>,
  calibration: OwnCalibration,
): readonly RouteUse[] {
  const segmentsOf = new Map(
    calibration.curves
      .filter(({ route }) => route === null)
      .map(({ role, segments }) => [role, segments] as const),
  );
  return compiledOf(ruleSet).compiledRules.flatMap((rule) => {
    const role = ROLE_OF_TARGET[rule.target] ?? null;
    return rule.conditions.flatMap(({ name, rate, steps }) => {
      const rates = steps === null ? [rate] : steps.map(({ limit }) => limit.rate);
      return rates.flatMap((stated) => {
        if (stated === null) return [];
        const needed = segmentsFor(stated);
        const fallback = role !== null && (segmentsOf.get(role) ?? 0) >= needed ? 'role' : 'all';
        return learner.routes().map((route): RouteUse => {
          const segments = learner.segmentsOn(route, role);
          const used = segments >= needed ? 'route' : fallback;
          const missing = Math.max(0, needed - segments);
          return { rule: rule.name, condition: name, rate: stated, route, role, segments, used, missing };
        });
      });
    });
  });
}
