import type { Key } from '../reading/json-source.ts';
import { addWords, type Collected } from './collected.ts';
import { isObject } from './json-values.ts';
import type { Place } from './place.ts';
import { isCredential, isWords } from './words.ts';

/** One description, or what else of a tool or a schema says something, and where in its value it stands. */
export interface Description {
  /** Null of a key: it is no value that could be written anew. */
  readonly keys: readonly Key[] | null;
  readonly text: string;
}

/** What a tool or a schema says of itself, at any depth, as one segment, line by line. All of it steers the model as a
 *  system prompt does, so it is read as one: descriptions, and words wherever else they stand, since a title, a choice of
 *  an `enum`, an example or the name of a property carries an order as well. Names that are names are not read, nor are
 *  keys for servers. */
export function readDescriptions(value: unknown, place: Place, into: Collected): void {
  addWords(textOf(describedIn(value)), place, into);
}

/** The same with their places, for what is taken out of them. */
export function describedIn(value: unknown, at: readonly Key[] = []): Description[] {
  if (typeof value === 'string') return isWords(value) ? [{ keys: at, text: value }] : [];
  const found: Description[] = [];
  for (const [key, inner] of withoutHeaders(value)) describe(key, inner, { at, found });
  return found;
}

/** The text of the segment that these are read as. */
export function textOf(descriptions: readonly Description[]): string {
  return descriptions.map(({ text }) => text).join('\n');
}

interface Around {
  readonly at: readonly Key[];
  readonly found: Description[];
}

function describe(key: Key, value: unknown, { at, found }: Around): void {
  if (typeof key === 'string' && isWords(key)) found.push({ keys: null, text: key });
  if (typeof value === 'string') {
    if (isSaid(key, value)) found.push({ keys: [...at, key], text: value });
  } else if (value !== null && typeof value === 'object') {
    const inside = { at: [...at, key], found };
    for (const [inner, each] of entriesOf(value)) describe(inner, each, inside);
  }
}

function isSaid(key: Key, text: string): boolean {
  return DESCRIPTION.test(String(key)) || (isWords(text) && !isCredential(text));
}

const DESCRIPTION = /^(server_)?description$/;

/** A server's headers are for the server. */
function withoutHeaders(value: unknown): [Key, unknown][] {
  if (value === null || typeof value !== 'object') return [];
  const isServer = isObject(value) && value['type'] === 'mcp';
  return entriesOf(value).filter(([key]) => !isServer || (key !== 'headers' && key !== 'authorization'));
}

function entriesOf(value: object): [Key, unknown][] {
  return Array.isArray(value) ? [...value.entries()] : Object.entries(value);
}
