import type { SegmentRef } from '../../../rules/index.ts';
import type { Collected } from '../collected.ts';

/** What a stream has said so far: it says everything again, of a part, of an item and at its end. */
export interface SeenTexts {
  /** The next piece of a text. */
  piece(text: string, ref: SegmentRef, into: Collected): void;
  /** What may have been said before: only what is new of it goes on. A text that is another than its pieces were is
   *  a segment of its own, since some clients show it. */
  whole(reading: Collected, into: Collected): void;
}

export function createSeenTexts(): SeenTexts {
  const texts = new Map<string, string>();
  const unread = new Set<string>();

  function add(id: string, text: string): void {
    texts.set(id, (texts.get(id) ?? '') + text);
  }

  return {
    piece(text, ref, into) {
      if (text === '') return;
      add(ref.id, text);
      into.segments.push({ ref, text });
    },
    whole(reading, into) {
      for (const { ref, text } of reading.segments) {
        const before = texts.get(ref.id) ?? '';
        const isContinued = text.startsWith(before);
        const id = isContinued ? ref.id : `${ref.id}#whole`;
        const fresh = isContinued ? text.slice(before.length) : text;
        if (fresh === '' || texts.get(id) === text) continue;
        add(id, fresh);
        into.segments.push({ ref: { ...ref, id }, text: fresh });
      }
      for (const part of reading.unread) {
        const key = `${part.ref.id} ${part.reason} ${part.bytes}`;
        if (!unread.has(key)) into.unread.push(part);
        unread.add(key);
      }
    },
  };
}
