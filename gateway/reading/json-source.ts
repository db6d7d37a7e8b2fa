/** A stretch of a text, [start, end). */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export type Key = string | number;

/** A part of JSON text that is no white space. */
export interface JsonToken extends Range {
  readonly kind: 'string' | 'scalar' | 'punctuation';
}

const BLANK = new Set([' ', '\t', '\n', '\r', '\uFEFF']);
const PUNCTUATION = new Set(['{', '}', '[', ']', ',', ':']);

/** The tokens of JSON text, which may end in the middle; a string includes its quotes. */
export function* jsonTokens(text: string, from = 0): Generator<JsonToken> {
  let at = from;
  while (at < text.length) {
    const character = text.charAt(at);
    if (BLANK.has(character)) at += 1;
    else {
      const token = tokenAt(text, at);
      yield token;
      at = token.end;
    }
  }
}

function tokenAt(text: string, start: number): JsonToken {
  const character = text.charAt(start);
  if (PUNCTUATION.has(character)) return { kind: 'punctuation', start, end: start + 1 };
  if (character === '"') return { kind: 'string', start, end: stringEnd(text, start) };
  let end = start + 1;
  while (end < text.length && !isBoundary(text.charAt(end))) end += 1;
  return { kind: 'scalar', start, end };
}

function isBoundary(character: string): boolean {
  return BLANK.has(character) || PUNCTUATION.has(character) || character === '"';
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

/** Where the value stands that these keys lead to, the last one where a key comes twice, as parsers have it. Null where
 *  there is none. */
export function locateValue(text: string, keys: readonly Key[]): Range | null {
  return createLocator(text)(keys);
}

/** `locateValue` for many values of one text: what was passed on the way to one is not read again for the next, where those
 *  of a list are asked for in order. */
export function createLocator(text: string): (keys: readonly Key[]) => Range | null {
  const known = new Map<string, Range | null>();
  const cursors = new Map<number, Cursor>();

  function memberAt(range: Range, key: Key): Range | null {
    const id = `${range.start} ${key}`;
    const found = known.get(id) ?? memberOf(text, range, { key, cursors });
    known.set(id, found);
    return found;
  }

  return (keys) => {
    let range: Range | null = { start: 0, end: text.length };
    for (const key of keys) range = range === null ? null : memberAt(range, key);
    return range === null ? null : valueAt(text, range.start);
  };
}

/** How far a list was read: the item `index` begins at `at`. */
interface Cursor {
  readonly index: number;
  readonly at: number;
}

interface Wanted {
  readonly key: Key;
  /** By the place where a list begins. */
  readonly cursors: Map<number, Cursor>;
}

function memberOf(text: string, { start }: Range, { key, cursors }: Wanted): Range | null {
  const tokens = jsonTokens(text, start);
  const open = tokens.next().value;
  if (open === undefined) return null;
  if (text.charAt(open.start) === '{') return lastNamed(text, open.end, String(key));
  if (text.charAt(open.start) !== '[') return null;
  const before = cursors.get(open.start);
  const from = before !== undefined && before.index <= Number(key) ? before : { index: 0, at: open.end };
  return itemOf(text, from, { key, onFound: (cursor) => cursors.set(open.start, cursor) });
}

/** An object's value, the last one of this name. */
function lastNamed(text: string, from: number, key: string): Range | null {
  let at = from;
  let found: Range | null = null;
  for (;;) {
    const name: JsonToken | undefined = nextToken(text, at);
    if (name === undefined || isClosing(text, name)) return found;
    const value = valueAt(text, nextToken(text, name.end)?.end ?? text.length);
    if (String(nameOf(text, name)) === key) found = value;
    const comma = nextToken(text, value.end);
    if (comma === undefined || isClosing(text, comma)) return found;
    at = comma.end;
  }
}

function itemOf(
  text: string,
  from: Cursor,
  { key, onFound }: { readonly key: Key; readonly onFound: (cursor: Cursor) => void },
): Range | null {
  let { index, at } = from;
  for (;;) {
    const first: JsonToken | undefined = nextToken(text, at);
    if (first === undefined || isClosing(text, first)) return null;
    const value = valueAt(text, first.start);
    if (String(index) === String(key)) {
      onFound({ index, at: first.start });
      return value;
    }
    const comma = nextToken(text, value.end);
    if (comma === undefined || isClosing(text, comma)) return null;
    at = comma.end;
    index += 1;
  }
}

function nextToken(text: string, at: number): JsonToken | undefined {
  const { value } = jsonTokens(text, at).next();
  return value === undefined ? undefined : (value as JsonToken);
}

function isClosing(text: string, { start }: Range): boolean {
  return text.charAt(start) === '}' || text.charAt(start) === ']';
}

function nameOf(text: string, { start, end }: Range): unknown {
  return JSON.parse(text.slice(start, end));
}

/** The value that begins at or after a place. */
function valueAt(text: string, from: number): Range {
  let depth = 0;
  let start: number | null = null;
  for (const token of jsonTokens(text, from)) {
    start ??= token.start;
    const character = text.charAt(token.start);
    if (token.kind === 'punctuation' && (character === '{' || character === '[')) depth += 1;
    if (token.kind === 'punctuation' && isClosing(text, token)) depth -= 1;
    if (depth <= 0) return { start, end: token.end };
  }
  return { start: start ?? text.length, end: text.length };
}

/** Puts texts in the place of ranges that do not overlap. */
export function replaceRanges(text: string, edits: readonly (Range & { readonly text: string })[]): string {
  const inOrder = edits.toSorted((a, b) => a.start - b.start);
  let at = 0;
  let replaced = '';
  for (const { start, end, text: fresh } of inOrder) {
    replaced += text.slice(at, start) + fresh;
    at = end;
  }
  return replaced + text.slice(at);
}
