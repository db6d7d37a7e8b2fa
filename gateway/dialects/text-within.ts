import { addKey, addText, addWords, type Collected } from './collected.ts';
import { isObject } from './json-values.ts';
import { isOfAnswer, type Place } from './place.ts';
import { isWords } from './words.ts';

const MAX_DEPTH = 64;

/** Reads an object in a way of its own, and says whether it did. */
export type ReadOwn = (value: Record<string, unknown>, place: Place, into: Collected) => boolean;

/** Reads a value whose shape is not known. */
export type TextWithin = (value: unknown, place: Place, into: Collected) => void;

export interface SilentKeys {
  /** Keys whose values are names, numbers or sealed bytes; where one is words all the same, it is read. */
  readonly names: Iterable<string>;
  /** Keys whose lists and objects say in pieces what stands as a text beside them in an answer. */
  readonly echoes?: Iterable<string>;
  /** Keys whose strings are words even where they look like data in a URL: a stream brings them in pieces. */
  readonly said?: Iterable<string>;
}

/** All strings inside a value that a dialect knows nothing about, each a segment of its own, and keys that are words: an
 *  unknown field is scanned, not passed over.
 *  @param readOwn - asked first for every object inside */
export function createTextWithin(silent: SilentKeys, readOwn: ReadOwn = () => false): TextWithin {
  const names = new Set(silent.names);
  const echoes = new Set(silent.echoes);
  const said = new Set(silent.said);
  const walk = (value: unknown, place: Place, walked: Walked): void => {
    const { into, depth, isName, isSaid = false } = walked;
    if (typeof value === 'string') {
      if (!isName || isWords(value)) (isSaid ? addWords : addText)(value, place, into);
    } else if (value !== null && typeof value === 'object') {
      if (depth >= MAX_DEPTH) {
        into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
        return;
      }
      if (depth > 0 && !isName && isObject(value) && readOwn(value, place, into)) return;
      const isList = Array.isArray(value);
      for (const [key, inner] of Object.entries(value)) {
        if (!isList && isWords(key)) addKey(key, place.at(key), into);
        if (!mayHoldText(inner)) continue;
        if (echoes.has(key) && typeof inner !== 'string' && isOfAnswer(place.ref().id)) continue;
        const isInnerName = isName || names.has(key) || echoes.has(key);
        walk(inner, place.at(key), {
          into,
          depth: depth + 1,
          isName: isInnerName,
          isSaid: said.has(key),
        });
      }
    }
  };
  return (value, place, into) => walk(value, place, { into, depth: 0, isName: false });
}

interface Walked {
  readonly into: Collected;
  readonly depth: number;
  /** Whether a name is expected and no text. */
  readonly isName: boolean;
  readonly isSaid?: boolean;
}

function mayHoldText(value: unknown): boolean {
  return typeof value === 'string' || (value !== null && typeof value === 'object');
}
