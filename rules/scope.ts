import { parseExpression, type WrittenExpression } from './expression.ts';
import { findCycles } from './find-cycles.ts';
import type { HiddenNames } from './hidden-names.ts';
import { didYouMean } from './nearest.ts';
import { createProblem, positionOf } from './problem.ts';
import type { RuleDocument } from './read-document.ts';
import { offsetInScalar } from './scalar-offset.ts';
import type { ConditionDefinition, RuleFile } from './schema.ts';
import type { RuleProblem } from './types.ts';

/** A file that has the shape of one. */
export interface ShapedFile {
  readonly document: RuleDocument;
  readonly file: RuleFile;
}

/** A list or a macro, and where it stands. */
export interface Definition<T> {
  readonly kind: 'list' | 'macro';
  readonly name: string;
  readonly document: RuleDocument;
  readonly value: T;
}

export type ListDefinition = Definition<readonly string[]>;
/** A macro is an expression or one condition; null where it does not parse. */
export type Macro = Definition<WrittenExpression | { readonly condition: ConditionDefinition } | null>;

/** Without a message where what is wrong is told at what was looked for. */
export type Found<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string | null };

/** The lists and macros of all files, as one file sees them: its own first, then the only one of that name. */
export interface Scope {
  list(name: string): Found<readonly string[]>;
  macro(name: string): Found<Macro['value']>;
  readonly macroNames: readonly string[];
  /** Whether there may be a macro of that name which is broken. */
  mayHide(macro: string): boolean;
  /** Where a macro that a rule uses stands. */
  macroAt(name: string): Macro | undefined;
}

/** All lists and macros of a set of files. */
export interface Definitions {
  scopeOf(document: RuleDocument): Scope;
  /** Faults in macros, and macros that shadow others. */
  readonly problems: readonly RuleProblem[];
  /** Lists and macros that no scope has been asked for. */
  unused(): readonly RuleProblem[];
}

/** Collects what the files define; macros are parsed, and cycles among them are errors. */
export function collectDefinitions(files: readonly ShapedFile[], hidden: HiddenNames): Definitions {
  const problems: RuleProblem[] = [];
  const lists = files.flatMap(listsOf);
  const macros = files.flatMap((file) => macrosOf(file, problems));
  const used = new Set<Definition<unknown>>();
  const cyclic = reportCycles(macros, problems);
  problems.push(...[...lists, ...macros].flatMap((one, _, all) => warnOfShadow(one, all)));

  function scopeOf(document: RuleDocument): Scope {
    const find = <T>(
      name: string,
      all: readonly Definition<T>[],
      kind: Definition<T>['kind'],
    ): Found<Definition<T>> => {
      const found = lookUp(name, all, { document, kind });
      if (found.ok) used.add(found.value);
      else if (hidden.has(kind, name) && !all.some((one) => one.name === name)) return BROKEN;
      return found;
    };
    return {
      list(name) {
        const found = find(name, lists, 'list');
        return found.ok ? { ok: true, value: found.value.value } : found;
      },
      macro(name) {
        const found = find(name, macros, 'macro');
        if (!found.ok) return found;
        if (found.value.value === null || cyclic.has(found.value)) return BROKEN;
        return { ok: true, value: found.value.value };
      },
      macroNames: [...new Set(macros.map(({ name }) => name))],
      mayHide: (macro) => hidden.has('macro', macro),
      macroAt(name) {
        const found = lookUp(name, macros, { document, kind: 'macro' });
        return found.ok ? found.value : undefined;
      },
    };
  }

  return {
    scopeOf,
    problems,
    unused: () => [...lists, ...macros].flatMap((one) => (used.has(one) ? [] : [notUsed(one)])),
  };
}

const BROKEN = { ok: false, message: null } as const;

function listsOf({ document, file }: ShapedFile): ListDefinition[] {
  return Object.entries(file.lists ?? {}).map(([name, value]) => ({ kind: 'list', name, document, value }));
}

function macrosOf({ document, file }: ShapedFile, problems: RuleProblem[]): Macro[] {
  return Object.entries(file.macros ?? {}).map(([name, written]): Macro => {
    const about = { kind: 'macro', name, document } as const;
    if (typeof written !== 'string') return { ...about, value: { condition: written } };
    const parsed = parseExpression(written);
    if (parsed.ok) return { ...about, value: parsed.expression };
    const range = document.rangeOf(['macros', name]);
    const offset = offsetInScalar(document.source.text, range, { value: written, offset: parsed.offset });
    problems.push(createProblem(document.source, offset, `macro "${name}": ${parsed.message}`));
    return { ...about, value: null };
  });
}

function lookUp<T>(
  name: string,
  all: readonly Definition<T>[],
  { document, kind }: { readonly document: RuleDocument; readonly kind: string },
): Found<Definition<T>> {
  const named = all.filter((one) => one.name === name);
  const own = named.find((one) => one.document === document);
  const [first, second] = named;
  if (own !== undefined) return { ok: true, value: own };
  if (first === undefined) {
    const known = [...new Set(all.map((one) => one.name))];
    const meant = didYouMean(name, known) || `; known are ${known.join(', ') || 'none'}`;
    return { ok: false, message: `unknown ${kind} "${name}"${meant}` };
  }
  if (second === undefined) return { ok: true, value: first };
  const places = named.map(placeOf).join(' and ');
  return { ok: false, message: `${kind} "${name}" stands at ${places}; rename one of them` };
}

/** The macros in circles, each told at its place. */
function reportCycles(macros: readonly Macro[], problems: RuleProblem[]): ReadonlySet<Macro> {
  const next = (macro: Macro): Macro[] =>
    macroNamesIn(macro).flatMap((name) => {
      const found = lookUp(name, macros, { document: macro.document, kind: 'macro' });
      return found.ok ? [found.value] : [];
    });
  const cycles = findCycles(macros, next);
  for (const [macro, circle] of cycles) {
    const way = [...circle, macro].map(({ name }) => name).join(' > ');
    problems.push(
      problemAt(
        macro,
        `macro "${macro.name}" goes in a circle: ${way}; write one of them without the others`,
        'error',
      ),
    );
  }
  return new Set(cycles.keys());
}

function macroNamesIn({ value }: Macro): string[] {
  return value === null || 'condition' in value ? [] : namesOf(value);
}

function namesOf(expression: WrittenExpression): string[] {
  switch (expression.kind) {
    case 'name':
      return [expression.name];
    case 'not':
      return namesOf(expression.operand);
    case 'atLeast':
      return expression.operands.flatMap(namesOf);
    case 'of':
      return [];
  }
}

function warnOfShadow(one: Definition<unknown>, all: readonly Definition<unknown>[]): RuleProblem[] {
  const { kind, name, document } = one;
  const other = all.find(
    (candidate) => candidate.kind === kind && candidate.name === name && candidate.document !== document,
  );
  return other === undefined
    ? []
    : [problemAt(one, `${kind} "${name}" shadows, in this file, the one at ${placeOf(other)}`, 'warning')];
}

function notUsed(one: Definition<unknown>): RuleProblem {
  return problemAt(one, `${one.kind} "${one.name}" is not used`, 'warning');
}

function problemAt(
  { kind, name, document }: Definition<unknown>,
  message: string,
  severity: RuleProblem['severity'],
): RuleProblem {
  return createProblem(document.source, document.offsetOf([`${kind}s`, name], true), message, severity);
}

function placeOf({ kind, name, document }: Definition<unknown>): string {
  const { source } = document;
  const { line, column } = positionOf(source.text, document.offsetOf([`${kind}s`, name], true));
  return `${source.file}:${line}:${column}`;
}
