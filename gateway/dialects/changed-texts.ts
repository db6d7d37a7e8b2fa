import { addUnread, type Collected } from './collected.ts';
import type { Place } from './place.ts';
import type { TextWithin } from './text-within.ts';

/** Reads what a stream says again in every chunk: a text goes on only when it is another than before. */
export function createChangedTexts(textWithin: TextWithin): TextWithin {
  const seen = new Map<string, string>();
  return (value: unknown, place: Place, into: Collected) => {
    const all: Collected = { segments: [], unread: [] };
    textWithin(value, place, all);
    for (const segment of all.segments) {
      if (seen.get(segment.ref.id) === segment.text) continue;
      seen.set(segment.ref.id, segment.text);
      into.segments.push(segment);
    }
    addUnread(all.unread, into);
  };
}
