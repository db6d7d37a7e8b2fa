import { unknownRule } from './apply-overrides.ts';
import { compileParts, type Parts, type PartsContext } from './compile-parts.ts';
import type { Expression } from './expression.ts';
import { namesIn } from './expression-truth.ts';
import type { HiddenNames } from './hidden-names.ts';
import { type Place, problemAt, type RuleSource } from './rule-source.ts';
import type { FilterDefinition } from './schema.ts';
import type { Definitions, Scope, ShapedFile } from './scope.ts';
import type { RuleProblem } from './types.ts';

/** A filter, and the file that it stands in. */
export interface Filter {
  readonly definition: FilterDefinition;
  readonly place: Place;
  readonly scope: Scope;
}

export interface Filters {
  /** Those that bear on a rule. */
  filtersOf(rule: RuleSource): readonly Filter[];
  /** Those that bear on none, since all that they name is wrong. */
  readonly idle: readonly Filter[];
  readonly problems: readonly RuleProblem[];
}

/** Collects the filters of all files; a rule that is not there and a name that is taken are errors. */
export function collectFilters(
  files: readonly ShapedFile[],
  rules: readonly RuleSource[],
  { definitions, hidden }: { readonly definitions: Definitions; readonly hidden: HiddenNames },
): Filters {
  const filters = files.flatMap(({ document, file }) =>
    (file.filters ?? []).map((definition, i): Filter => {
      return { definition, place: { document, path: ['filters', i] }, scope: definitions.scopeOf(document) };
    }),
  );
  const known = new Set(rules.flatMap(({ definition: { id, name } }) => [id, name]));
  const problems = filters.flatMap((filter, i) => [
    ...namesOf(filter).flatMap((name, k) =>
      known.has(name) || hidden.has('rule', name)
        ? []
        : [unknownRule(name, { rules, files }, below(filter.place, ['rules', k]))],
    ),
    ...nameTaken(filter, filters.slice(0, i)),
  ]);
  return {
    problems,
    idle: filters.filter(
      (filter) => filter.definition.rules !== 'any' && !namesOf(filter).some((name) => known.has(name)),
    ),
    filtersOf: ({ definition: { id, name } }) =>
      filters.filter(
        ({ definition: { rules: wanted } }) =>
          wanted === 'any' || wanted.includes(id) || wanted.includes(name),
      ),
  };
}

export interface FilterContext extends Omit<PartsContext, 'scope'> {
  /** The rule that redacts, where the one that is filtered does. */
  readonly redacting: string | null;
}

/** What is wrong with a filter that bears on no rule. */
export function checkIdle(filter: Filter, featureset: FilterContext['featureset']): RuleProblem[] {
  const problems: RuleProblem[] = [];
  compileFilter(filter, { target: 'any', featureset, problems, redacting: null });
  return problems;
}

/** The parts of a rule that is quiet where one of the filters holds; undefined after an error in one of them. */
export function withFilters(
  parts: Parts,
  filters: readonly Filter[],
  context: FilterContext,
): Parts | undefined {
  if (filters.length === 0) return parts;
  const compiled = filters.flatMap((filter) => compileFilter(filter, context) ?? []);
  if (compiled.length !== filters.length) return undefined;
  const quiet = compiled.map(({ expression }): Expression => ({ kind: 'not', operand: expression }));
  const operands = [parts.expression, ...quiet];
  return {
    conditions: [parts, ...compiled].flatMap(({ conditions }) => conditions),
    fieldConditions: [parts, ...compiled].flatMap(({ fieldConditions }) => fieldConditions),
    expression: { kind: 'atLeast', count: operands.length, operands },
  };
}

/** The filter's conditions carry its name, so that they are none of the rule's. */
function compileFilter({ definition, place, scope }: Filter, context: FilterContext): Parts | undefined {
  const { detection, condition, name } = definition;
  const piece = { ...below(place, ['condition']), text: condition, offset: 0 };
  const locate = (path: readonly PropertyKey[]) => below(place, path);
  const parts = compileParts({ detection, pieces: [piece], locate }, { ...context, scope });
  if (parts === undefined) return undefined;
  const used = new Set(namesIn(parts.expression).map((one) => one.name));
  for (const own of Object.keys(detection).filter((one) => !used.has(one))) {
    const at = locate(['detection', own]);
    context.problems.push(
      problemAt(at, `condition "${own}" is not used`, { severity: 'warning', isKey: true }),
    );
  }
  const wide = parts.conditions.find(({ name: own, per }) => per === 'exchange' && used.has(own));
  if (wide !== undefined && context.redacting !== null) {
    const message = `per: exchange does not go with rule "${context.redacting}", which redacts: of an exchange no passage alone is at fault; leave the rule out of the filter, or let it block or flag`;
    const at = locate(['detection', wide.name]);
    context.problems.push(problemAt(at, message, { severity: 'error', isKey: true }));
  }
  const qualified = (own: string) => `filter ${name}: ${own}`;
  const rename = <T extends { readonly name: string }>(one: T): T => ({ ...one, name: qualified(one.name) });
  return {
    conditions: parts.conditions.map(rename),
    fieldConditions: parts.fieldConditions.map(rename),
    expression: renameIn(parts.expression, qualified),
  };
}

function renameIn(expression: Expression, rename: (name: string) => string): Expression {
  switch (expression.kind) {
    case 'name':
      return { ...expression, name: rename(expression.name) };
    case 'not':
      return { kind: 'not', operand: renameIn(expression.operand, rename) };
    case 'atLeast':
      return { ...expression, operands: expression.operands.map((operand) => renameIn(operand, rename)) };
  }
}

function namesOf({ definition: { rules } }: Filter): readonly string[] {
  return rules === 'any' ? [] : rules;
}

function nameTaken({ definition: { name }, place }: Filter, earlier: readonly Filter[]): RuleProblem[] {
  if (!earlier.some(({ definition }) => definition.name === name)) return [];
  const message = `the name ${name} is taken by another filter`;
  return [problemAt(below(place, ['name']), message, { severity: 'error', isKey: false })];
}

function below({ document, path }: Place, more: readonly PropertyKey[]): Place {
  return { document, path: [...path, ...more] };
}
