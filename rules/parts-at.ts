import { type Document, isMap, isNode, isScalar, isSeq } from 'yaml';
import { ruleFileSchema } from './schema.ts';

type Path = readonly PropertyKey[];

interface Child {
  readonly key: PropertyKey;
  readonly start: number;
  readonly end: number;
}

/** The keys of a rule file that hold parts, or a value of their own. */
const SECTIONS: ReadonlySet<PropertyKey> = new Set(Object.keys(ruleFileSchema.shape));

/** The parts of a rule file that a fault at an offset may have broken: rules, lists, macros and the like, such as
 *  `[['rules', 3]]`. Between two parts it may be either; under a key that no rule file has it is the part before, which may
 *  have lost what stands there. A path of one key is all of that section, the empty path all of the file. Parts that the
 *  parser has swallowed with another one are not there. */
export function partsAt(document: Document.Parsed, offset: number): readonly Path[] {
  const { contents } = document;
  if (!isMap(contents)) return [[]];
  const sections = childrenOf(contents);
  const hit = around(sections, offset);
  const paths = hit.flatMap((section): Path[] => {
    const known = sections.findLast(({ key, start }) => start <= section.start && SECTIONS.has(key));
    if (known === undefined) return [];
    const { key } = known;
    const value = contents.items.find((pair) => keyOf(pair) === key)?.value;
    const parts = around(childrenOf(value), offset);
    return parts.length === 0 ? [[key]] : parts.map((part) => [key, part.key]);
  });
  return paths.length === 0 ? [[]] : paths;
}

/** The child that an offset is in; of one between two children both. */
function around(children: readonly Child[], offset: number): readonly Child[] {
  const at = children.findLastIndex(({ start }) => start <= offset);
  const own = children[at];
  if (own !== undefined && offset < own.end) return [own];
  return [own, children[at + 1]].filter((child) => child !== undefined);
}

function childrenOf(node: unknown): readonly Child[] {
  if (isSeq(node)) {
    return node.items.flatMap((item, key) => {
      if (!isNode(item) || !item.range) return [];
      return [{ key, start: item.range[0], end: item.range[1] }];
    });
  }
  if (!isMap(node)) return [];
  return node.items.flatMap((pair) => {
    const { key, value } = pair;
    if (!isNode(key) || !key.range) return [];
    const end = isNode(value) && value.range ? value.range[1] : key.range[1];
    return [{ key: keyOf(pair), start: key.range[0], end }];
  });
}

function keyOf({ key }: { readonly key: unknown }): string {
  return String(isScalar(key) ? key.value : key);
}
