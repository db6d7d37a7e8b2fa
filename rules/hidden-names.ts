import type { ShapedFile } from './scope.ts';

/** What has a name that others refer to; correlations are called as rules are. */
export type NamedKind = 'list' | 'macro' | 'rule';

/** A file as far as it could be read: what is right of it, and all that is written in it. */
export interface PartlyRead {
  readonly file?: ShapedFile;
  /** As it is written; undefined where no more can be said of it. */
  readonly data?: unknown;
}

/** The names that faults hide: what has one of them is not missing, it is broken, and that is told where it stands. */
export interface HiddenNames {
  has(kind: NamedKind, name: string): boolean;
}

/** Of which names it is not known that nothing has them.
 *  @param hasUnread - whether some file could not be read at all */
export function hiddenNames(files: readonly PartlyRead[], hasUnread: boolean): HiddenNames {
  const hidden: Readonly<Record<NamedKind, Set<string>>> = {
    list: new Set(),
    macro: new Set(),
    rule: new Set(),
  };
  const open = new Set<NamedKind>();
  for (const { file, data } of files) {
    const isWhole = note(hidden.list, definedIn(data, 'lists'), Object.keys(file?.file.lists ?? {}));
    if (!isWhole) open.add('list');
    const hasMacros = note(hidden.macro, definedIn(data, 'macros'), Object.keys(file?.file.macros ?? {}));
    if (!hasMacros) open.add('macro');
    const named = [...(file?.file.rules ?? []), ...(file?.file.correlations ?? [])];
    const known = named.flatMap(({ id, name }) => [id, name]);
    for (const part of ['rules', 'correlations'] as const) {
      if (!note(hidden.rule, namedIn(data, part), known)) open.add('rule');
    }
  }
  return { has: (kind, name) => hasUnread || open.has(kind) || hidden[kind].has(name) };
}

/** Notes what is written and not known; false where not all names can be told. */
function note(hidden: Set<string>, written: readonly string[] | null, known: readonly string[]): boolean {
  const there = new Set(known);
  for (const name of written ?? []) if (!there.has(name)) hidden.add(name);
  return written !== null;
}

function definedIn(data: unknown, section: string): readonly string[] | null {
  if (!isMapping(data)) return null;
  const value = data[section];
  if (value === undefined) return [];
  return isMapping(value) ? Object.keys(value) : null;
}

function namedIn(data: unknown, section: string): readonly string[] | null {
  if (!isMapping(data)) return null;
  const items = data[section] ?? [];
  if (!Array.isArray(items)) return null;
  const names = items.flatMap((item: unknown) =>
    isMapping(item) ? [item['id'], item['name']] : [undefined],
  );
  return names.every((name) => typeof name === 'string') ? names : null;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
