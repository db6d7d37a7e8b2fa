import { addWords, type Collected, holdsText } from '../collected.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import type { Place } from '../place.ts';
import { MEDIA, skip, textWithin } from './text-within.ts';

/** Parts that are words, and the key that these stand under. */
const WORDS: ReadonlyMap<unknown, string> = new Map([
  ['input_text', 'text'],
  ['output_text', 'text'],
  ['text', 'text'],
  ['summary_text', 'text'],
  ['reasoning_text', 'text'],
  ['refusal', 'refusal'],
  ['output_audio', 'transcript'],
]);

/** The content of a message, of a tool's output or of reasoning: a string, a part or parts. */
export function readContent(content: unknown, place: Place, into: Collected): void {
  if (typeof content === 'string') addWords(content, place, into);
  else if (!Array.isArray(content)) readPart(content, place, into);
  else for (const [index, part] of content.entries()) readPart(part, place.at(index), into);
}

/** One part of content. */
export function readPart(part: unknown, place: Place, into: Collected): void {
  if (!isObject(part) || part['type'] === undefined) textWithin(part, place, into);
  else if (WORDS.has(part['type'])) readWords(part, WORDS.get(part['type']) ?? '', { place, into });
  else if (MEDIA.has(part['type']) && holdsText(part)) textWithin(part, place, into);
  else skip(part, place, into, MEDIA.get(part['type']) ?? 'unknown_part');
}

function readWords(
  part: JsonObject,
  key: string,
  { place, into }: { readonly place: Place; readonly into: Collected },
): void {
  const { [key]: words, data, ...rest } = part;
  if (typeof words === 'string') addWords(words, place.at(key), into);
  else textWithin(words, place.at(key), into);
  if (part['type'] !== 'output_audio' || typeof data !== 'string') textWithin({ data }, place, into);
  else if (data !== '') {
    into.unread.push({ ref: place.at('data').ref(), reason: 'audio', bytes: data.length });
  }
  textWithin(rest, place, into);
}
