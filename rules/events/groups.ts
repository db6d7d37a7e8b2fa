import type { EventFieldName, EventFields, Groups } from './types.ts';

/** Groups that one correlation, or the alerts of one rule, keep at once. */
export const MAX_GROUPS = 4096;

export interface Grown<G> {
  readonly groups: Groups<G>;
  readonly evicted: number;
}

/** The groups with one put in place of what it was. Those whose time is over go; past the bound so does the one that was
 *  quiet longest, and is counted.
 *  @param isOver - whether a group holds nothing that could still count */
export function putGroup<G>(
  groups: Groups<G>,
  { key, group }: { readonly key: string; readonly group: G },
  isOver: (group: G) => boolean,
): Grown<G> {
  const next = new Map(groups);
  // Last in the order of a Map: the one that was put longest ago is always first.
  next.delete(key);
  next.set(key, group);
  for (const [oldest, kept] of next) {
    if (oldest === key || !isOver(kept)) break;
    next.delete(oldest);
  }
  const [oldest] = next.keys();
  if (next.size <= MAX_GROUPS || oldest === undefined) return { groups: next, evicted: 0 };
  next.delete(oldest);
  return { groups: next, evicted: 1 };
}

/** The values of some fields of an event. */
export function groupOf(
  names: readonly EventFieldName[],
  event: { readonly ruleId: string; readonly fields: EventFields },
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(names.map((name) => [name, fieldValue(name, event)]));
}

export function fieldValue(
  name: EventFieldName,
  { ruleId, fields }: { readonly ruleId: string; readonly fields: EventFields },
): string | null {
  return name === 'rule' ? ruleId : (fields[name]?.slice(0, MAX_VALUE) ?? null);
}

/** Callers choose some of the values. */
const MAX_VALUE = 256;

export function keyOf(group: Readonly<Record<string, string | null>>): string {
  return JSON.stringify(Object.values(group));
}
