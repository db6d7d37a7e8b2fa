import type { Featureset } from '../detectors/index.ts';
import { compileCondition } from './compile-condition.ts';
import type { CompiledCondition, CompiledRule } from './compiled.ts';
import { type Expression, parseExpression } from './expression.ts';
import { evaluateExpression, namesIn } from './expression-truth.ts';
import { didYouMean } from './nearest.ts';
import { createProblem, positionOf } from './problem.ts';
import type { RuleDocument } from './read-document.ts';
import { offsetInScalar } from './scalar-offset.ts';
import type { RuleDefinition } from './schema.ts';
import type { RuleProblem } from './types.ts';

export interface RuleContext {
  readonly document: RuleDocument;
  /** Index of the rule in its file. */
  readonly index: number;
  readonly featureset: Featureset;
}

export interface RuleResult {
  /** Absent when some problem is an error. */
  readonly rule: CompiledRule | undefined;
  readonly problems: readonly RuleProblem[];
}

type Report = (path: readonly PropertyKey[], message: string, severity?: RuleProblem['severity']) => void;

/** Resolves a well-formed rule against the featureset: conditions, thresholds, expression. */
export function compileRule(definition: RuleDefinition, context: RuleContext): RuleResult {
  const { document, index } = context;
  const problems: RuleProblem[] = [];
  const report: Report = (path, message, severity = 'error') => {
    const isKey = severity === 'warning';
    const offset = document.offsetOf(['rules', index, ...path], isKey);
    problems.push(createProblem(document.source, offset, message, severity));
  };
  const conditions = compileConditions(definition, context, report);
  const expression = compileExpression(definition, context, problems);
  if (expression !== undefined) warnOfExpression(definition, expression, report);
  warnOfRule(definition, report);
  if (expression === undefined || conditions === undefined) return { rule: undefined, problems };
  return { rule: assemble(definition, context, { conditions, expression }), problems };
}

function compileConditions(
  definition: RuleDefinition,
  { featureset }: RuleContext,
  report: Report,
): readonly CompiledCondition[] | undefined {
  const entries = Object.entries(definition.detection);
  const compiled = entries.map(([name, condition]) =>
    compileCondition(condition, {
      name,
      target: definition.target,
      featureset,
      complain: (path, message) => report(['detection', name, ...path], message),
    }),
  );
  const whole = compiled.filter((condition) => condition !== undefined);
  return whole.length === entries.length ? whole : undefined;
}

function compileExpression(
  definition: RuleDefinition,
  { document, index }: RuleContext,
  problems: RuleProblem[],
): Expression | undefined {
  const names = Object.keys(definition.detection);
  const range = document.rangeOf(['rules', index, 'condition']);
  const complain = (offset: number, message: string) => {
    const place = offsetInScalar(document.source.text, range, { value: definition.condition, offset });
    problems.push(createProblem(document.source, place, `condition: ${message}`));
  };
  const parsed = parseExpression(definition.condition, names);
  if (!parsed.ok) {
    complain(parsed.offset, parsed.message);
    return undefined;
  }
  const unknown = namesIn(parsed.expression).filter(({ name }) => !names.includes(name));
  for (const { name, offset } of unknown) {
    const meant = didYouMean(name, names) || `; detection has ${names.join(', ')}`;
    complain(offset, `unknown condition "${name}"${meant}`);
  }
  return unknown.length === 0 ? parsed.expression : undefined;
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
  { document, index }: RuleContext,
  parts: Pick<CompiledRule, 'conditions' | 'expression'>,
): CompiledRule {
  const placeOf = (path: readonly PropertyKey[]) =>
    positionOf(document.source.text, document.offsetOf(['rules', index, ...path]));
  const { id, name, title, version, level, mode, action, target, tags, condition } = definition;
  const tests = definition.tests.map((test, i) => ({ ...test, ...placeOf(['tests', i]) }));
  const summary = { id, name, title, level, mode, action, target, file: document.source.file };
  const offsetOf = (key: string) => document.offsetOf(['rules', index, key]);
  const offsets = { id: offsetOf('id'), name: offsetOf('name') };
  const texts = { version, tags, conditionText: condition.trim() };
  return { ...summary, ...texts, tests, offsets, ...parts, ...placeOf([]) };
}
