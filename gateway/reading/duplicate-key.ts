import { parsed } from '../dialects/json-values.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Whether some object of well-formed JSON has one key twice, however each is escaped: of two readers one may take the
 *  first value and the other the last, and what was judged is not what is answered.
 *  @returns the offset of the second, or null */
export function duplicateKeyAt(json: Buffer): number | null {
  const open: (Set<unknown> | null)[] = [];
  let isKey = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      const end = stringEnd(json, at);
      const keys = open.at(-1);
      if (isKey && keys !== null && keys !== undefined) {
        const key = keyOf(json.subarray(at, end));
        if (keys.has(key)) return at;
        keys.add(key);
      }
      at = end - 1;
    } else if (byte === OPEN_OBJECT) open.push(new Set());
    else if (byte === OPEN_LIST) open.push(null);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) open.pop();
    if (byte === OPEN_OBJECT || byte === COMMA) isKey = true;
    else if (byte === COLON || byte === OPEN_LIST) isKey = false;
  }
  return null;
}

/** The same of an event's data, which may be no JSON: then it has no keys. */
export function hasKeyTwice(data: string): boolean {
  // In this order: of nearly every event the search says no, and its reader parses it once more.
  return duplicateKeyAt(Buffer.from(data)) !== null && parsed(data) !== undefined;
}

/** Offset after the closing quote. */
function stringEnd(json: Buffer, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === BACKSLASH) at += 1;
    else if (json[at] === QUOTE) return at + 1;
  }
  return json.length;
}

/** Undefined where an escape is none, which only text that is no JSON has. */
function keyOf(token: Buffer): unknown {
  return token.includes(BACKSLASH)
    ? parsed(token.toString('utf8'))
    : token.toString('utf8', 1, token.length - 1);
}
