import type { UnscannedReason } from '../../alerts/index.ts';
import type { TextSegment, UnreadPart } from './dialect.ts';
import type { Place } from './place.ts';

/** Collects the text of one body. */
export interface Collected {
  readonly segments: TextSegment[];
  readonly unread: UnreadPart[];
}

/** Data in a URL is a medium, all else is text. */
export function addText(text: string, place: Place, into: Collected): void {
  if (text === '') return;
  const medium = /^data:(image|audio|[\w.+-]+)\b[^,]{0,200};base64,/.exec(text)?.[1];
  if (medium === undefined) {
    into.segments.push({ ref: place.ref(), text });
    return;
  }
  const reason: UnscannedReason = medium === 'image' || medium === 'audio' ? medium : 'file';
  into.unread.push({ ref: place.ref(), reason, bytes: text.length });
}
