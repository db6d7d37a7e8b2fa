import { type CST, Parser } from 'yaml';

/** Bytes of one rule file. */
export const MAX_BYTES = 262_144;
/** Nesting of mappings and lists. */
export const MAX_NESTING = 32;
/** Uses of anchors in one file, counted again where they stand inside each other. */
export const MAX_ALIASES = 64;

interface Excess {
  readonly offset: number;
  readonly message: string;
}

interface Place {
  readonly token: CST.Token;
  readonly depth: number;
}

/** The first place where a text nests deeper or uses more aliases than is allowed.
 *  It looks at the syntax tree without recursion, before anything that recurses sees it. */
export function checkLimits(text: string): Excess | undefined {
  let aliases = 0;
  for (const document of new Parser().parse(text)) {
    const places: Place[] = [{ token: document, depth: 0 }];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const { token, depth } = place;
      if (depth > MAX_NESTING)
        return { offset: token.offset, message: `nested deeper than ${MAX_NESTING}; write it flatter` };
      if (token.type === 'alias') aliases += 1;
      if (aliases > MAX_ALIASES) {
        return { offset: token.offset, message: `more than ${MAX_ALIASES} aliases; write the values out` };
      }
      for (const child of children(token).reverse()) places.push({ token: child, depth: depth + 1 });
    }
  }
  return undefined;
}

function children(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) =>
    [item.key, item.value].filter((part) => part !== null && part !== undefined),
  );
}
