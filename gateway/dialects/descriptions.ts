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
  return withoutHeaders(value).flatMap(([key, inner]) => describedAt(key, inner, at));
}

/** The text of the segment that these are read as. */
export function textOf(descriptions: readonly Description[]): string {
  return descriptions.map(({ text }) => text).join('\n');
}

function describedAt(key: Key, value: unknown, around: readonly Key[]): Description[] {
  const keys = [...around, key];
  const named = typeof key === 'string' && isWords(key) ? [{ keys: null, text: key }] : [];
  if (typeof value === 'string') return isSaid(key, value) ? [...named, { keys, text: value }] : named;
  if (value === null || typeof value !== 'object') return named;
  const inside = entriesOf(value).flatMap(([inner, each]) => describedAt(inner, each, keys));
  return [...named, ...inside];
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
