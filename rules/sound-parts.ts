import type { RuleDocument } from './read-document.ts';
import { type RuleFile, ruleFileSchema } from './schema.ts';
import type { ShapedFile } from './scope.ts';

const LISTS = ['rules', 'correlations', 'filters', 'overrides'] as const;
const MAPPINGS = ['lists', 'macros'] as const;

/** What of a document has the shape of a rule file although other parts have not, so that its problems can be told with
 *  theirs. Places are those of the whole document.
 *  @param faults - paths of what is wrong in the whole document
 *  @returns undefined where the document is no mapping */
export function soundParts(
  document: RuleDocument,
  faults: readonly (readonly PropertyKey[])[],
): ShapedFile | undefined {
  const { data } = document;
  if (typeof data !== 'object' || data === null) return undefined;
  const brokenIn = (part: string) => new Set(faults.flatMap((path) => (path[0] === part ? [path[1]] : [])));
  const sound: Record<string, unknown> = { version: 1 };
  const kept: Record<PropertyKey, readonly number[]> = {};
  const isPinned = 'featureset' in data && brokenIn('featureset').size === 0;
  const featureset = isPinned && typeof data.featureset === 'string' ? { featureset: data.featureset } : {};
  for (const part of MAPPINGS) {
    const broken = brokenIn(part);
    const named = (data as Record<string, unknown>)[part];
    if (typeof named !== 'object' || named === null || broken.has(undefined)) continue;
    sound[part] = Object.fromEntries(Object.entries(named).filter(([name]) => !broken.has(name)));
  }
  for (const part of LISTS) {
    const items = (data as Record<string, unknown>)[part];
    if (!Array.isArray(items)) continue;
    const broken = brokenIn(part);
    const whole = [...items.keys()].filter((i) => !broken.has(i));
    if (broken.has(undefined) || whole.length === 0) continue;
    sound[part] = whole.map((i) => items[i]);
    kept[part] = whole;
  }
  const result = ruleFileSchema.safeParse({ ...sound, ...featureset });
  const file: RuleFile = result.success ? result.data : { version: 1, ...featureset };
  return { document: renumbered(document, kept), file };
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
