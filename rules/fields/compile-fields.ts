import { didYouMean } from '../nearest.ts';
import type { Comparand, ConditionDefinition, ExceptionDefinition } from '../schema.ts';
import { COMPARISONS, type ComparisonKind, compileComparison } from './compile-comparison.ts';
import type { FieldName, Fields } from './fields.ts';

/** A condition on fields of the exchange, known before the first token. */
export interface FieldCondition {
  readonly name: string;
  /** The fields that it reads. */
  readonly fields: readonly FieldName[];
  /** As it is shown to people, such as `route startswith "/v1"`. */
  readonly text: string;
  holds(fields: Fields): boolean;
}

export interface FieldContext {
  readonly name: string;
  /** The texts of a list, or why there are none; null where that is told elsewhere. */
  list(
    name: string,
  ):
    | { readonly ok: true; readonly value: readonly string[] }
    | { readonly ok: false; readonly message: string | null };
  complain(path: readonly PropertyKey[], message: string): void;
  /** What is no error, and will not do what was meant. */
  warn(path: readonly PropertyKey[], message: string): void;
}

interface Test {
  readonly field: FieldName;
  readonly text: string;
  holds(fields: Fields): boolean;
}

/** Compiles `{field: route, startswith: /v1}`; undefined after a complaint. */
export function compileFieldCondition(
  definition: ConditionDefinition,
  context: FieldContext,
): FieldCondition | undefined {
  const { field } = definition;
  const kind = COMPARISONS.find((candidate) => definition[candidate] !== undefined);
  const comparand = kind === undefined ? undefined : definition[kind];
  if (field === undefined || kind === undefined || comparand === undefined) return undefined;
  const ignoresCase = definition.ignore_case === true;
  const test = compileTest({ field, kind, comparand, ignoresCase, path: [kind] }, context);
  return test && { name: context.name, fields: [field], text: test.text, holds: test.holds };
}

/** Compiles an exception: it holds where all fields of some row compare. */
export function compileException(
  { fields, comparisons, values }: ExceptionDefinition,
  context: FieldContext,
): FieldCondition | undefined {
  const rows = values.map((items, row) =>
    items.map((comparand, column) => {
      const field = fields[column] ?? 'route';
      const kind = comparisons?.[column] ?? 'equals';
      const path = ['values', row, column];
      return compileTest({ field, kind, comparand, ignoresCase: false, path }, context);
    }),
  );
  const whole = rows.map((row) => row.filter((test) => test !== undefined));
  if (whole.some((row, i) => row.length !== rows[i]?.length)) return undefined;
  return {
    name: context.name,
    fields,
    text: whole.map((row) => row.map(({ text }) => text).join(' and ')).join(' or '),
    holds: (known) => whole.some((row) => row.every((test) => test.holds(known))),
  };
}

interface TestParts {
  readonly field: FieldName;
  readonly kind: ComparisonKind;
  readonly comparand: Comparand;
  readonly ignoresCase: boolean;
  readonly path: readonly PropertyKey[];
}

function compileTest(parts: TestParts, context: FieldContext): Test | undefined {
  const { field, kind, comparand, ignoresCase, path } = parts;
  const texts = textsOf(comparand, path, context);
  if (texts === undefined) return undefined;
  const compiled = compileComparison({ kind, texts, ignoresCase });
  if (!compiled.ok) {
    context.complain(path, compiled.message);
    return undefined;
  }
  const { holds } = compiled;
  for (const message of neverSo({ field, kind, texts, ignoresCase }, holds)) context.warn(path, message);
  return {
    field,
    text: `${field} ${kind} ${shown(comparand)}`,
    holds: (fields) => {
      const value = fields[field];
      return value !== undefined && value !== null && holds(value);
    },
  };
}

/** All the values that a field can have, where they are few. */
const VALUES_OF: Partial<Record<FieldName, readonly string[]>> = {
  role: ['system', 'user', 'assistant', 'tool'],
  target: ['input', 'output', 'system', 'tool_call', 'tool_result'],
};

/** Of a field with few values: what is compared and none of them ever is. */
function neverSo(
  {
    field,
    kind,
    texts,
    ignoresCase,
  }: Pick<TestParts, 'field' | 'kind' | 'ignoresCase'> & { readonly texts: readonly string[] },
  holds: (value: string) => boolean,
): string[] {
  const values = VALUES_OF[field];
  if (values === undefined) return [];
  const told = (what: string, near: string) =>
    `${field} ${kind} ${what} never holds${near || `; it is one of ${values.join(', ')}`}`;
  if (kind !== 'equals')
    return values.some(holds) ? [] : [told(texts.map((text) => JSON.stringify(text)).join(', '), '')];
  const isKnown = (text: string) => values.includes(ignoresCase ? text.toLowerCase() : text);
  return texts
    .filter((text) => !isKnown(text))
    .map((text) => told(JSON.stringify(text), didYouMean(text, values)));
}

function textsOf(
  comparand: Comparand,
  path: readonly PropertyKey[],
  { list, complain }: FieldContext,
): readonly string[] | undefined {
  const items = Array.isArray(comparand) ? comparand : [comparand];
  let isWhole = true;
  const texts = items.flatMap((item, i) => {
    if (typeof item === 'string') return [item];
    const found = list(item.list);
    if (found.ok) return found.value;
    isWhole = false;
    if (found.message !== null) {
      complain([...path, ...(Array.isArray(comparand) ? [i] : []), 'list'], found.message);
    }
    return [];
  });
  return isWhole ? texts : undefined;
}

function shown(comparand: Comparand): string {
  if (typeof comparand === 'string') return JSON.stringify(comparand);
  return Array.isArray(comparand) ? `one of ${comparand.map(shown).join(', ')}` : `list ${comparand.list}`;
}
