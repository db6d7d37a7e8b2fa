import { compileCondition } from './compile-condition.ts';
import type { CompiledRule } from './compiled.ts';
import { compileFieldCondition } from './fields/compile-fields.ts';
import type { CalibratedFeatureset } from './rate-subject.ts';
import type { RuleDefinition } from './schema.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem, Target } from './types.ts';

export type Detection = Pick<CompiledRule, 'conditions' | 'fieldConditions'>;

export interface DetectionContext {
  readonly target: Target;
  readonly featureset: CalibratedFeatureset;
  readonly scope: Scope;
  /** Says what is wrong, at a path that begins with `detection`. */
  report(path: readonly PropertyKey[], message: string, severity?: RuleProblem['severity']): void;
}

/** Resolves named conditions; undefined after a report of what is wrong with some of them. */
export function compileDetection(
  detection: RuleDefinition['detection'],
  { target, featureset, scope, report }: DetectionContext,
): Detection | undefined {
  const entries = Object.entries(detection);
  const complainOf = (name: string) => (path: readonly PropertyKey[], message: string) =>
    report(['detection', name, ...path], message);
  const conditions = entries.flatMap(([name, definition]) => {
    if (definition.signal === undefined) return [];
    return compileCondition(definition, { name, target, featureset, complain: complainOf(name) }) ?? [];
  });
  const fieldConditions = entries.flatMap(([name, definition]) => {
    if (definition.signal !== undefined) return [];
    const warn = (path: readonly PropertyKey[], message: string) =>
      report(['detection', name, ...path], message, 'warning');
    const context = { name, list: scope.list, complain: complainOf(name), warn };
    return compileFieldCondition(definition, context) ?? [];
  });
  const isWhole = conditions.length + fieldConditions.length === entries.length;
  return isWhole ? { conditions, fieldConditions } : undefined;
}
