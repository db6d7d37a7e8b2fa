import type { HiddenNames } from './hidden-names.ts';
import { didYouMean } from './nearest.ts';
import { createRuleSource, type Piece, type Place, problemAt, type RuleSource } from './rule-source.ts';
import type { OverrideDefinition, RuleDefinition } from './schema.ts';
import type { ShapedFile } from './scope.ts';
import type { RuleProblem } from './types.ts';

export interface Sources {
  readonly rules: readonly RuleSource[];
  readonly problems: readonly RuleProblem[];
}

/** The rules of all files with the changes of all files, which are made in the order of files and lines. */
export function collectRules(files: readonly ShapedFile[], hidden: HiddenNames): Sources {
  const problems: RuleProblem[] = [];
  const rules = files.flatMap(({ document, file }) =>
    (file.rules ?? []).map((rule, i) => createRuleSource(rule, { document, path: ['rules', i] })),
  );
  for (const { document, file } of files) {
    for (const [i, override] of (file.overrides ?? []).entries()) {
      const place = { document, path: ['overrides', i] };
      const at = rules.findIndex(({ definition: { id, name } }) => [id, name].includes(override.rule));
      const before = rules[at];
      if (before === undefined) {
        if (hidden.has('rule', override.rule)) continue;
        problems.push(unknownRule(override.rule, { rules, files }, below(place, ['rule'])));
      } else rules[at] = change(before, override, { place, problems });
    }
  }
  return { rules, problems };
}

interface Named {
  readonly rules: readonly RuleSource[];
  readonly files: readonly ShapedFile[];
}

/** That no rule has a name or id, at the place where it is named. */
export function unknownRule(wanted: string, { rules, files }: Named, place: Place): RuleProblem {
  const correlations = files.flatMap(({ file }) => file.correlations ?? []);
  if (correlations.some(({ id, name }) => id === wanted || name === wanted)) {
    const message = `"${wanted}" is a correlation, and only rules are changed or filtered; name the rules that it hears, or change it where it stands`;
    return problemAt(place, message, { severity: 'error', isKey: false });
  }
  const names = rules.map(({ definition }) => definition.name);
  const meant = didYouMean(wanted, names) || `; known are ${names.slice(0, 20).join(', ') || 'none'}`;
  const message = `no rule has the name or id "${wanted}"${meant}`;
  return problemAt(place, message, { severity: 'error', isKey: false });
}

interface Change {
  readonly place: Place;
  readonly problems: RuleProblem[];
}

function change(before: RuleSource, override: OverrideDefinition, { place, problems }: Change): RuleSource {
  const { rule: _rule, override: how, detection, ...keys } = override;
  const changes = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  const { detection: old } = before.definition;
  for (const name of Object.keys(detection ?? {}).filter(
    (one) => Object.hasOwn(old, one) !== (how === 'replace'),
  )) {
    problems.push(misplacedCondition(name, before, { how, at: below(place, ['detection', name]) }));
  }
  const pieces = piecesOf(before, override, below(place, ['condition']));
  const appended = how === 'append' ? appendLists(before.definition, changes) : changes;
  const definition: RuleDefinition = {
    ...before.definition,
    ...appended,
    condition: pieces.map(({ text }) => text).join(''),
    detection: { ...old, ...detection },
  };
  return { definition, document: before.document, pieces, locate: locator(before, override, place) };
}

function appendLists(
  before: RuleDefinition,
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const lists = before as unknown as Readonly<Record<string, unknown>>;
  const entries = Object.entries(changes).map(([key, added]) => {
    const old = lists[key];
    return [key, Array.isArray(old) && Array.isArray(added) ? [...old, ...added] : added] as const;
  });
  return Object.fromEntries(entries);
}

function piecesOf(
  before: RuleSource,
  { override, condition }: OverrideDefinition,
  place: Place,
): readonly Piece[] {
  if (condition === undefined) return before.pieces;
  if (override === 'replace') return [{ ...place, text: condition, offset: 0 }];
  const [first] = before.pieces;
  if (first === undefined) return before.pieces;
  const old = before.pieces.map((piece) => ({ ...piece, offset: piece.offset + 1 }));
  const length = before.definition.condition.length;
  const open = { ...first, text: '(', offset: 0 };
  const close = { ...place, text: ') ', offset: length + 1 };
  return [open, ...old, close, { ...place, text: condition, offset: length + 3 }];
}

/** Where the parts of a changed rule are written: what was given in the override, and of lists that grew its items, there. */
function locator(before: RuleSource, override: OverrideDefinition, place: Place): RuleSource['locate'] {
  const given: Readonly<Record<string, unknown>> = override;
  return (path) => {
    const [key, item, ...rest] = path;
    const value = typeof key === 'string' && key !== 'rule' && key !== 'override' ? given[key] : undefined;
    if (value === undefined || typeof key !== 'string') return before.locate(path);
    if (key === 'detection' && item !== undefined) {
      const isOwn = Object.hasOwn(value as object, item);
      return isOwn ? below(place, path) : before.locate(path);
    }
    const old = (before.definition as unknown as Readonly<Record<string, unknown>>)[key];
    if (override.override === 'append' && Array.isArray(old) && typeof item === 'number') {
      if (item < old.length) return before.locate(path);
      return below(place, [key, item - old.length, ...rest]);
    }
    return below(place, path);
  };
}

function misplacedCondition(
  name: string,
  { definition }: RuleSource,
  { how, at }: { readonly how: 'append' | 'replace'; readonly at: Place },
): RuleProblem {
  const names = Object.keys(definition.detection);
  const message =
    how === 'append'
      ? `rule "${definition.name}" has a condition "${name}" already; use override: replace, or another name`
      : `rule "${definition.name}" has no condition "${name}" to replace${didYouMean(name, names) || `; it has ${names.join(', ')}`}`;
  return problemAt(at, message, { severity: 'error', isKey: true });
}

function below({ document, path }: Place, more: readonly PropertyKey[]): Place {
  return { document, path: [...path, ...more] };
}
