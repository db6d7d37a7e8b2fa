import { compileDetection, type Detection, type DetectionContext } from './compile-detection.ts';
import { compileExpression } from './compile-expression.ts';
import type { CompiledRule } from './compiled.ts';
import { createProblem } from './problem.ts';
import type { CalibratedFeatureset } from './rate-subject.ts';
import { type Piece, type Place, problemAt } from './rule-source.ts';
import type { RuleDefinition } from './schema.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem, Target } from './types.ts';

/** What decides whether a rule fires: of a rule itself, or of a filter. */
export type Parts = Pick<CompiledRule, 'conditions' | 'fieldConditions' | 'expression'>;

/** Named conditions and an expression over them, wherever they are written. */
export interface WrittenParts {
  readonly detection: RuleDefinition['detection'];
  readonly pieces: readonly Piece[];
  /** Where `detection` and what is below it are written. */
  locate(path: readonly PropertyKey[]): Place;
}

export interface PartsContext {
  readonly target: Target;
  readonly featureset: CalibratedFeatureset;
  readonly scope: Scope;
  readonly problems: RuleProblem[];
}

/** Compiles conditions and expression, with the macros that it names; undefined after an error. */
export function compileParts(written: WrittenParts, context: PartsContext): Parts | undefined {
  const { scope, problems } = context;
  const { detection, pieces, locate } = written;
  const names = Object.keys(detection);
  const own = compileDetection(detection, {
    ...context,
    report: (path, message, severity = 'error') =>
      problems.push(problemAt(locate(path), message, { severity, isKey: false })),
  });
  for (const name of names.filter((candidate) => scope.macroNames.includes(candidate))) {
    const message = `condition "${name}" shadows the macro of that name`;
    problems.push(problemAt(locate(['detection', name]), message, { severity: 'warning', isKey: true }));
  }
  const resolved = compileExpression(pieces, { names, scope, problems });
  if (resolved === undefined) return undefined;
  const macros = compileDetection(macroConditions(resolved.macroConditions, scope), {
    ...context,
    report: (path, message, severity = 'error') =>
      problems.push(...problemInMacro(path, { message, severity }, scope)),
  } satisfies DetectionContext);
  if (own === undefined || macros === undefined) return undefined;
  return { ...join(own, macros), expression: resolved.expression };
}

/** The definitions of the macros that stand for one condition, by their names. */
function macroConditions(names: readonly string[], scope: Scope): RuleDefinition['detection'] {
  const entries = names.flatMap((name) => {
    const value = scope.macroAt(name)?.value;
    return value && 'condition' in value ? [[name, value.condition] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** A fault of a macro is told where the macro stands, whatever the rule that uses it. */
function problemInMacro(
  [, name, ...path]: readonly PropertyKey[],
  { message, severity }: Pick<RuleProblem, 'message' | 'severity'>,
  scope: Scope,
): RuleProblem[] {
  const macro = scope.macroAt(String(name));
  if (macro === undefined) return [];
  const { document } = macro;
  const offset = document.offsetOf(['macros', String(name), ...path]);
  return [createProblem(document.source, offset, message, severity)];
}

function join(a: Detection, b: Detection): Detection {
  return {
    conditions: [...a.conditions, ...b.conditions],
    fieldConditions: [...a.fieldConditions, ...b.fieldConditions],
  };
}
