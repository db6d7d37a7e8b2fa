import { type Filter, withFilters } from './compile-filters.ts';
import { compileParts, type Parts } from './compile-parts.ts';
import type { CompiledRule } from './compiled.ts';
import { compileAlert } from './events/group-alerts.ts';
import type { Expression } from './expression.ts';
import { evaluateExpression, namesIn } from './expression-truth.ts';
import { compileException, type FieldCondition } from './fields/compile-fields.ts';
import { positionOf } from './problem.ts';
import type { CalibratedFeatureset } from './rate-subject.ts';
import { statesRate, thresholdsOf } from './route-rules.ts';
import { problemAt, type RuleSource } from './rule-source.ts';
import type { RuleDefinition } from './schema.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem } from './types.ts';

export interface RuleContext {
  readonly featureset: CalibratedFeatureset;
  /** The featureset as the traffic of single routes calibrates it. */
  readonly routes: ReadonlyMap<string, CalibratedFeatureset>;
  readonly scope: Scope;
  /** Those that bear on the rule. */
  readonly filters: readonly Filter[];
}

export interface RuleResult {
  /** Absent when some problem is an error. */
  readonly rule: CompiledRule | undefined;
  readonly problems: readonly RuleProblem[];
}

/** Says what is wrong with a rule, at a path below it. */
type Report = (path: readonly PropertyKey[], message: string, severity?: RuleProblem['severity']) => void;

/** Resolves a well-formed rule against the featureset, the lists and the macros: conditions, thresholds, expression. */
export function compileRule(source: RuleSource, context: RuleContext): RuleResult {
  const { definition, locate, pieces } = source;
  const { target, detection } = definition;
  const problems: RuleProblem[] = [];
  const report: Report = (path, message, severity = 'error') =>
    problems.push(problemAt(locate(path), message, { severity, isKey: severity === 'warning' }));
  const parts = compileParts({ detection, pieces, locate }, { ...context, target, problems });
  warnOfRule(definition, report);
  if (parts === undefined) return { rule: undefined, problems };
  warnOfExpression(definition, parts.expression, report);
  if (!readsText(parts)) {
    report(['condition'], 'condition: names no condition on a signal; fields alone find nothing in a text');
  }
  const exceptions = compileExceptions(definition, context.scope, report);
  if (definition.action === 'redact' && isOfExchange(parts)) {
    report(
      ['action'],
      'action: redact does not go with per: exchange, which has no passage of its own; block or flag',
    );
  }
  const redacting = definition.action === 'redact' ? definition.name : null;
  const filtered = withFilters(parts, context.filters, { ...context, target, problems, redacting });
  if (filtered === undefined || hasErrors(problems)) return { rule: undefined, problems };
  const rule = assemble(source, withExceptions(filtered, exceptions));
  const { onRoutes, wrongThere } = rulesOnRoutes(rule, source, context);
  problems.push(...wrongThere);
  return { rule: hasErrors(wrongThere) ? undefined : { ...rule, onRoutes }, problems };
}

function hasErrors(problems: readonly RuleProblem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** What a route's calibration cannot say it takes from the whole; what may be wrong there alone is an `until` above the
 *  route's threshold. */
function rulesOnRoutes(
  rule: CompiledRule,
  { definition: { target, detection }, locate, pieces }: RuleSource,
  { routes, ...context }: RuleContext,
): { readonly onRoutes: ReadonlyMap<string, CompiledRule>; readonly wrongThere: readonly RuleProblem[] } {
  const onRoutes = new Map<string, CompiledRule>();
  const wrongThere: RuleProblem[] = [];
  if (!statesRate(rule)) return { onRoutes, wrongThere };
  for (const [route, featureset] of routes) {
    const problems: RuleProblem[] = [];
    const inRoute = { ...context, featureset, target, problems };
    const parts = compileParts({ detection, pieces, locate }, inRoute);
    const filtered = parts && withFilters(parts, context.filters, { ...inRoute, redacting: null });
    const wrong = problems.filter(({ severity }) => severity === 'error');
    wrongThere.push(...wrong.map((one) => ({ ...one, message: `on route ${route}: ${one.message}` })));
    const { conditions = rule.conditions } = filtered ?? {};
    const isSame = conditions.every((one, i) => {
      const base = rule.conditions[i];
      return base !== undefined && thresholdsOf(base) === thresholdsOf(one);
    });
    if (!isSame) onRoutes.set(route, { ...rule, conditions });
  }
  return { onRoutes, wrongThere };
}

function isOfExchange({ conditions, expression }: Parts): boolean {
  const named = new Set(namesIn(expression).map(({ name }) => name));
  return conditions.some(({ name, per }) => per === 'exchange' && named.has(name));
}

function readsText({ conditions, expression }: Parts): boolean {
  const named = new Set(namesIn(expression).map(({ name }) => name));
  return conditions.some(({ name }) => named.has(name));
}

function compileExceptions(
  { exceptions }: RuleDefinition,
  scope: Scope,
  report: Report,
): readonly FieldCondition[] {
  return exceptions.flatMap((exception, i) => {
    const name = `exception ${exception.name}`;
    const complain = (path: readonly PropertyKey[], message: string) =>
      report(['exceptions', i, ...path], message);
    const warn = (path: readonly PropertyKey[], message: string) =>
      report(['exceptions', i, ...path], message, 'warning');
    return compileException(exception, { name, list: scope.list, complain, warn }) ?? [];
  });
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

function assemble({ definition, document, locate }: RuleSource, parts: Parts): CompiledRule {
  const placeOf = (path: readonly PropertyKey[]) => {
    const place = locate(path);
    const { source } = place.document;
    return { file: source.file, ...positionOf(source.text, place.document.offsetOf(place.path)) };
  };
  const offsetOf = (key: string) => document.offsetOf(locate([key]).path);
  const { id, name, title, version, level, mode, action, target, tags, condition } = definition;
  const tests = definition.tests.map((test, i) => ({ ...test, ...placeOf(['tests', i]) }));
  const summary = { id, name, title, level, mode, action, target };
  const offsets = { id: offsetOf('id'), name: offsetOf('name') };
  const texts = { version, tags, conditionText: condition.trim(), alert: compileAlert(definition.alert) };
  const decided = { onRoutes: new Map<string, CompiledRule>(), isOfExchange: isOfExchange(parts) };
  return { ...summary, ...texts, tests, offsets, ...decided, ...parts, ...placeOf([]) };
}
