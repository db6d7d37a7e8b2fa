import type { Featureset } from '../detectors/index.ts';
import { compileDetection, type Detection } from './compile-detection.ts';
import { compileExpression } from './compile-expression.ts';
import type { CompiledRule } from './compiled.ts';
import type { Expression } from './expression.ts';
import { evaluateExpression, namesIn } from './expression-truth.ts';
import { compileException, type FieldCondition } from './fields/compile-fields.ts';
import { createProblem, positionOf } from './problem.ts';
import type { RuleDocument } from './read-document.ts';
import type { RuleDefinition } from './schema.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem } from './types.ts';

export interface RuleContext {
  readonly document: RuleDocument;
  /** Where the rule stands in its file. */
  readonly path: readonly PropertyKey[];
  readonly featureset: Featureset;
  readonly scope: Scope;
}

export interface RuleResult {
  /** Absent when some problem is an error. */
  readonly rule: CompiledRule | undefined;
  readonly problems: readonly RuleProblem[];
}

/** Says what is wrong with a rule, at a path below it. */
export type Report = (
  path: readonly PropertyKey[],
  message: string,
  severity?: RuleProblem['severity'],
) => void;

/** Resolves a well-formed rule against the featureset, the lists and the macros: conditions, thresholds, expression. */
export function compileRule(definition: RuleDefinition, context: RuleContext): RuleResult {
  const { document, path: at } = context;
  const problems: RuleProblem[] = [];
  const report: Report = (path, message, severity = 'error') => {
    const offset = document.offsetOf([...at, ...path], severity === 'warning');
    problems.push(createProblem(document.source, offset, message, severity));
  };
  const parts = compileParts(definition, context, { problems, report });
  warnOfRule(definition, report);
  if (parts === undefined) return { rule: undefined, problems };
  warnOfExpression(definition, parts.expression, report);
  const { conditions } = parts;
  const named = new Set(namesIn(parts.expression).map(({ name }) => name));
  if (!conditions.some(({ name }) => named.has(name))) {
    report(['condition'], 'condition: names no condition on a signal; fields alone find nothing in a text');
    return { rule: undefined, problems };
  }
  const [exceptions, isWhole] = compileExceptions(definition, context, report);
  if (!isWhole) return { rule: undefined, problems };
  return { rule: assemble(definition, context, withExceptions(parts, exceptions)), problems };
}

type Parts = Pick<CompiledRule, 'conditions' | 'fieldConditions' | 'expression'>;

function compileParts(
  definition: RuleDefinition,
  context: RuleContext,
  { problems, report }: { readonly problems: RuleProblem[]; readonly report: Report },
): Parts | undefined {
  const { target } = definition;
  const detection = compileDetection(definition.detection, { ...context, target, report });
  const names = Object.keys(definition.detection);
  const expression = compileExpression(definition.condition, { ...context, names, problems });
  if (expression === undefined) return undefined;
  const macros = compileDetection(macroConditions(expression.macroConditions, context), {
    ...context,
    target,
    report: (path, message) => problems.push(...problemInMacro(path, message, context)),
  });
  if (detection === undefined || macros === undefined) return undefined;
  return { ...join(detection, macros), expression: expression.expression };
}

/** The definitions of the macros that stand for one condition, by their names. */
function macroConditions(names: readonly string[], { scope }: RuleContext): RuleDefinition['detection'] {
  const entries = names.flatMap((name) => {
    const value = scope.macroAt(name)?.value;
    return value && 'condition' in value ? [[name, value.condition] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** A fault of a macro is told where the macro stands, once, whatever the number of rules that use it. */
function problemInMacro(
  [, name, ...path]: readonly PropertyKey[],
  message: string,
  { scope }: RuleContext,
): RuleProblem[] {
  const macro = scope.macroAt(String(name));
  if (macro === undefined) return [];
  const { document } = macro;
  return [createProblem(document.source, document.offsetOf(['macros', String(name), ...path]), message)];
}

function join(a: Detection, b: Detection): Detection {
  return {
    conditions: [...a.conditions, ...b.conditions],
    fieldConditions: [...a.fieldConditions, ...b.fieldConditions],
  };
}

function compileExceptions(
  { exceptions }: RuleDefinition,
  { scope }: RuleContext,
  report: Report,
): [exceptions: readonly FieldCondition[], isWhole: boolean] {
  const compiled = exceptions.flatMap((exception, i) => {
    const name = `exception ${exception.name}`;
    const complain = (path: readonly PropertyKey[], message: string) =>
      report(['exceptions', i, ...path], message);
    return compileException(exception, { name, list: scope.list, complain }) ?? [];
  });
  return [compiled, compiled.length === exceptions.length];
}

/** The rule holds where none of its exceptions does. */
function withExceptions(parts: Parts, exceptions: readonly FieldCondition[]): Parts {
  if (exceptions.length === 0) return parts;
  const none = exceptions.map(
    ({ name }): Expression => ({ kind: 'not', operand: { kind: 'name', name, offset: 0 } }),
  );
  const operands = [parts.expression, ...none];
  return {
    ...parts,
    fieldConditions: [...parts.fieldConditions, ...exceptions],
    expression: { kind: 'atLeast', count: operands.length, operands },
  };
}

function warnOfExpression(definition: RuleDefinition, expression: Expression, report: Report): void {
  const used = new Set(namesIn(expression).map(({ name }) => name));
  for (const name of Object.keys(definition.detection)) {
    if (!used.has(name)) report(['detection', name], `condition "${name}" is not used`, 'warning');
  }
  if (evaluateExpression(expression, () => false)) {
    report(['condition'], 'the rule matches every segment in which none of its conditions is met', 'warning');
  }
}

function warnOfRule(definition: RuleDefinition, report: Report): void {
  const named = `rule "${definition.name}"`;
  if (definition.tests.length === 0) report([], `${named} has no tests`, 'warning');
  if (definition.status === 'deprecated') report(['status'], `${named} is deprecated`, 'warning');
  if (definition.mode === 'enforce' && definition.action === 'flag') {
    report(
      ['mode'],
      `${named} enforces the action flag, which only flags; give action: block or redact`,
      'warning',
    );
  }
}

function assemble(
  definition: RuleDefinition,
  { document, path: at }: RuleContext,
  parts: Parts,
): CompiledRule {
  const placeOf = (path: readonly PropertyKey[]) =>
    positionOf(document.source.text, document.offsetOf([...at, ...path]));
  const { id, name, title, version, level, mode, action, target, tags, condition } = definition;
  const tests = definition.tests.map((test, i) => ({ ...test, ...placeOf(['tests', i]) }));
  const summary = { id, name, title, level, mode, action, target, file: document.source.file };
  const offsetOf = (key: string) => document.offsetOf([...at, key]);
  const offsets = { id: offsetOf('id'), name: offsetOf('name') };
  const texts = { version, tags, conditionText: condition.trim() };
  return { ...summary, ...texts, tests, offsets, ...parts, ...placeOf([]) };
}
