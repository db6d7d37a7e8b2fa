import { addText, type Collected } from './collected.ts';
import { isObject } from './json-values.ts';
import type { Place } from './place.ts';

const MAX_DEPTH = 64;

/** Reads an object in a way of its own, and says whether it did. */
export type ReadOwn = (value: Record<string, unknown>, place: Place, into: Collected) => boolean;

/** Reads a value whose shape is not known. */
export type TextWithin = (value: unknown, place: Place, into: Collected) => void;

/** All strings inside a value that a dialect knows nothing about, each a segment of its own: an unknown field is
 *  scanned, not passed over.
 *  @param silentKeys - keys whose values are names, numbers or sealed bytes, never words for a reader
 *  @param readOwn - asked first for every object inside */
export function createTextWithin(silentKeys: Iterable<string>, readOwn: ReadOwn = () => false): TextWithin {
  const silent = new Set(silentKeys);
  const walk = (value: unknown, place: Place, into: Collected, depth: number): void => {
    if (typeof value === 'string') {
      addText(value, place, into);
    } else if (value !== null && typeof value === 'object') {
      if (depth >= MAX_DEPTH) {
        into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
        return;
      }
      if (depth > 0 && isObject(value) && readOwn(value, place, into)) return;
      for (const [key, inner] of Object.entries(value)) {
        if (!silent.has(key)) walk(inner, place.at(key), into, depth + 1);
      }
    }
  };
  return (value, place, into) => walk(value, place, into, 0);
}
