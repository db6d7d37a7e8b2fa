import { isUtf8 } from 'node:buffer';

/** A parsed body, or the first thing that is wrong with it. */
export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'bad_utf8' | 'bad_json' | 'depth'; readonly message: string };

const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** JSON from bytes, within a depth: deeper values parse, but break what walks them afterwards.
 *  A byte order mark is passed over. */
export function parseJson(bytes: Buffer, maxDepth: number): JsonReading {
  if (!isUtf8(bytes)) {
    return { ok: false, reason: 'bad_utf8', message: `the body is not UTF-8: byte ${badByte(bytes)}` };
  }
  if (isDeeper(bytes, maxDepth)) {
    return { ok: false, reason: 'depth', message: `the body is nested deeper than ${maxDepth} levels` };
  }
  const text = bytes.toString('utf8');
  try {
    return { ok: true, value: JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) };
  } catch (error) {
    return { ok: false, reason: 'bad_json', message: `the body is not JSON: ${withoutText(error)}` };
  }
}

/** V8 quotes what it read; a client's text does not belong into a message that may be logged. */
function withoutText(error: unknown): string {
  const { message } = error as Error;
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `unexpected character at position ${position}`;
  const token = /^Unexpected token '(.)'/u.exec(message)?.[1];
  return token === undefined ? 'it ends too early' : `unexpected ${JSON.stringify(token)}`;
}

/** Whether JSON text opens more than so many objects and lists inside each other. */
export function isDeeper(bytes: Buffer, maxDepth: number): boolean {
  // Each level takes a byte for its begin and one for its end.
  if (bytes.length <= maxDepth) return false;
  let depth = 0;
  let isText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (isText) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) {
      isText = true;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
  }
  return false;
}

/** Offset of the first byte that is not UTF-8, by halving. */
function badByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(wholeCharacters(bytes, middle))) good = middle;
    else bad = middle;
  }
  return wholeCharacters(bytes, good).length;
}

/** The first `end` bytes without a character that is cut at their end. */
function wholeCharacters(bytes: Buffer, end: number): Buffer {
  let cut = end;
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      if (length > back) cut = end - back;
      break;
    }
  }
  return bytes.subarray(0, cut);
}
