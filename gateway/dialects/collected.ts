import type { UnscannedReason } from '../../alerts/index.ts';
import { decodedText, type InlineData, inlineDataOf, isTextType, plainDataOf } from './data-url.ts';
import type { TextSegment, UnreadPart } from './dialect.ts';
import type { Place } from './place.ts';
import { isWords } from './words.ts';

/** Collects the text of one body. */
export interface Collected {
  readonly segments: TextSegment[];
  readonly unread: UnreadPart[];
}

/** What was collected before: one by one, since a body may hold more than a call can have arguments. */
export function addUnread(unread: readonly UnreadPart[], into: Collected): void {
  for (const part of unread) into.unread.push(part);
}

/** A string of a body. Data in a URL is a medium or, of a text, that text; all else is text as it stands. */
export function addText(text: string, place: Place, into: Collected): void {
  const data = inlineDataOf(text);
  if (data === null) addWords(plainDataOf(text) ?? text, place, into);
  else addData(data, place, into);
}

/** Words, whatever they look like: a piece of a stream, or its whole. */
export function addWords(text: string, place: Place, into: Collected): void {
  if (text !== '') into.segments.push({ ref: place.ref(), text });
}

/** A key is text where it is words. Its segment has the place of its value.
 *  @param place - of the value */
export function addKey(key: string, place: Place, into: Collected): void {
  if (!isWords(key)) return;
  const ref = place.ref();
  into.segments.push({ ref: { ...ref, id: `${ref.id}${KEY_SUFFIX}` }, text: key });
}

/** What ends the id of a segment that is a key. */
export const KEY_SUFFIX = '#key';

/** A text is read, all else is skipped with its kind and its size. */
export function addData(data: InlineData, place: Place, into: Collected): void {
  const { mimeType, base64 } = data;
  const text = isTextType(mimeType) ? decodedText(data) : null;
  if (text !== null) addWords(text, place, into);
  else if (base64 !== '') {
    into.unread.push({ ref: place.ref(), reason: mediumOf(mimeType), bytes: base64.length });
  }
}

/** Why data of this type is not scanned. */
export function mediumOf(mimeType: string): UnscannedReason {
  if (isTextType(mimeType)) return 'unknown_encoding';
  const kind = mimeType.split('/', 1)[0]?.toLowerCase();
  return kind === 'image' || kind === 'audio' ? kind : 'file';
}

/** Whether a part that stands for a medium holds a text as data all the same. */
export function holdsText(part: unknown): boolean {
  if (typeof part === 'string') {
    const data = inlineDataOf(part);
    return data === null ? plainDataOf(part) !== null : isTextType(data.mimeType);
  }
  return part !== null && typeof part === 'object' && Object.values(part).some(holdsText);
}
