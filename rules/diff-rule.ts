import { isDeepStrictEqual } from 'node:util';
import { isActing } from './acting.ts';
import type { CompiledRule } from './compiled.ts';
import { expressionText, readingText, thresholdText } from './describe-compiled.ts';
import type { FieldChange, KnownRule, Weight } from './diff-rules.ts';
import type { RuleDefinition } from './schema.ts';

/** Keys that say something to people alone. */
const TEXTS = ['title', 'description', 'falsepositives', 'references', 'author', 'date', 'tests'] as const;
/** Keys that say what is made of a finding. */
const SETTINGS = ['status', 'version', 'level', 'mode', 'target', 'action', 'tags', 'alert', 'name'] as const;

/** What one rule means otherwise than before, key by key. */
export function changesOf(before: KnownRule, after: KnownRule): readonly FieldChange[] {
  const [old, fresh] = [before.definition, after.definition];
  // What is found decides what is blocked.
  const found: Weight = isActing(old) || isActing(fresh) ? 'major' : 'minor';
  return [
    ...keyChanges(old, fresh, SETTINGS, (key) => weightOfSetting(key, old, fresh)),
    ...detectionChanges(before.compiled, after.compiled).map((change) => ({ ...change, weight: found })),
    ...keyChanges(old, fresh, TEXTS, () => 'patch'),
  ];
}

function weightOfSetting(key: (typeof SETTINGS)[number], old: RuleDefinition, fresh: RuleDefinition): Weight {
  switch (key) {
    case 'name':
    case 'target':
      return 'major';
    case 'mode':
    case 'action':
      return isActing(old) || isActing(fresh) ? 'major' : 'minor';
    case 'version':
      return 'patch';
    default:
      return 'minor';
  }
}

function keyChanges<K extends keyof RuleDefinition>(
  old: RuleDefinition,
  fresh: RuleDefinition,
  keys: readonly K[],
  weightOf: (key: K) => Weight,
): FieldChange[] {
  const differing = keys.filter((key) => !isDeepStrictEqual(old[key], fresh[key]));
  return differing.map((key) => {
    const [before, after] = listsApart(old[key], fresh[key]).map(shown);
    return { field: String(key), before: before ?? null, after: after ?? null, weight: weightOf(key) };
  });
}

/** Of two lists what only one of them has; they are compared as they are where they differ in order alone. */
function listsApart(a: unknown, b: unknown): [unknown, unknown] {
  if (!Array.isArray(a) || !Array.isArray(b)) return [a, b];
  const without = (list: unknown[], other: unknown[]) =>
    list.filter((one) => !other.some((same) => isDeepStrictEqual(one, same)));
  const [gone, come] = [without(a, b), without(b, a)];
  return gone.length + come.length === 0 ? [a, b] : [gone, come];
}

const MAX_SHOWN = 200;

function shown(value: unknown): string | null {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}

type Unweighed = Omit<FieldChange, 'weight'>;

/** Macros, lists, filters and exceptions are written out in what is compiled: a change there is one of the rule. */
function detectionChanges(old: CompiledRule, fresh: CompiledRule): Unweighed[] {
  const [before, after] = [partsOf(old), partsOf(fresh)];
  const fields = new Set([...before.keys(), ...after.keys()]);
  return [...fields].flatMap((field): Unweighed[] => {
    const [a, b] = [before.get(field) ?? null, after.get(field) ?? null];
    return a === b ? [] : [{ field, before: a, after: b }];
  });
}

function partsOf(rule: CompiledRule): ReadonlyMap<string, string> {
  const conditions = rule.conditions.flatMap((condition): [string, string][] => [
    [`detection.${condition.name}`, readingText(condition)],
    [`detection.${condition.name}.threshold`, thresholdText(condition)],
  ]);
  const onRoutes = [...rule.onRoutes].flatMap(([route, one]) =>
    one.conditions.map((condition): [string, string] => [
      `detection.${condition.name}.threshold on ${route}`,
      thresholdText(condition),
    ]),
  );
  const fields = rule.fieldConditions.map(({ name, text }): [string, string] => [`detection.${name}`, text]);
  return new Map([['condition', expressionText(rule.expression)], ...conditions, ...onRoutes, ...fields]);
}
