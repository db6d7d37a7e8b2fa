import type { z } from 'zod';
import type { RuleDocument } from './read-document.ts';
import { ruleFileSchema } from './schema.ts';
import type { ShapedFile } from './scope.ts';

const LISTS = ['rules', 'correlations', 'filters', 'overrides'] as const;

/** What of a document has the shape of a rule file although other parts have not, so that its problems can be told with
 *  theirs. Places are those of the whole document.
 *  @param issues - of the whole document
 *  @returns undefined where nothing is left, or where a list or macro is broken, which any rule may use */
export function soundParts(
  document: RuleDocument,
  issues: readonly z.core.$ZodIssue[],
): ShapedFile | undefined {
  const { data } = document;
  if (typeof data !== 'object' || data === null) return undefined;
  const isBroken = (part: string) => issues.some(({ path }) => path[0] === part);
  if (isBroken('lists') || isBroken('macros')) return undefined;
  const sound: Record<string, unknown> = { version: 1 };
  const kept: Record<PropertyKey, readonly number[]> = {};
  for (const part of ['featureset', 'lists', 'macros'] as const) {
    if (part in data && !isBroken(part)) sound[part] = (data as Record<string, unknown>)[part];
  }
  for (const part of LISTS) {
    const items = (data as Record<string, unknown>)[part];
    if (!Array.isArray(items)) continue;
    const broken = new Set(issues.flatMap(({ path }) => (path[0] === part ? [path[1]] : [])));
    const whole = [...items.keys()].filter((i) => !broken.has(i));
    if (broken.has(undefined) || whole.length === 0) continue;
    sound[part] = whole.map((i) => items[i]);
    kept[part] = whole;
  }
  const result = ruleFileSchema.safeParse(sound);
  return result.success ? { document: renumbered(document, kept), file: result.data } : undefined;
}

/** A document of which list items were left out: a path counts those that are left. */
function renumbered(
  document: RuleDocument,
  kept: Readonly<Record<PropertyKey, readonly number[]>>,
): RuleDocument {
  const original = (path: readonly PropertyKey[]): readonly PropertyKey[] => {
    const [part, item, ...rest] = path;
    if (part === undefined || typeof item !== 'number') return path;
    return [part, kept[part]?.[item] ?? item, ...rest];
  };
  return {
    source: document.source,
    data: document.data,
    offsetOf: (path, isKey) => document.offsetOf(original(path), isKey),
    rangeOf: (path) => document.rangeOf(original(path)),
  };
}
