import type { SegmentRef } from '../../../rules/index.ts';
import type { Collected } from '../collected.ts';

/** What a stream has said so far: it says everything again, of a part, of an item and at its end. */
export interface SeenTexts {
  /** The next piece of a text. */
  piece(text: string, ref: SegmentRef, into: Collected): void;
  /** What may have been said before: only what is new of it goes on. A text that is another than its pieces were, or
   *  of another tool's call, is a segment of its own, since some clients take that one. */
  whole(reading: Collected, into: Collected): void;
}

interface Seen {
  /** Of its first piece: what it is judged under. */
  readonly tool: string | null | undefined;
  readonly text: string;
}

export function createSeenTexts(): SeenTexts {
  const texts = new Map<string, Seen>();
  const unread = new Set<string>();

  function add({ id, tool }: SegmentRef, text: string): void {
    const seen = texts.get(id) ?? { tool, text: '' };
    texts.set(id, { ...seen, text: seen.text + text });
  }

  return {
    piece(text, ref, into) {
      if (text === '') return;
      add(ref, text);
      into.segments.push({ ref, text });
    },
    whole(reading, into) {
      for (const { ref, text } of reading.segments) {
        const before = texts.get(ref.id) ?? { tool: ref.tool, text: '' };
        const isContinued = text.startsWith(before.text) && before.tool === ref.tool;
        const own = isContinued ? ref : { ...ref, id: `${ref.id}#whole` };
        const fresh = isContinued ? text.slice(before.text.length) : text;
        if (fresh === '' || texts.get(own.id)?.text === text) continue;
        add(own, fresh);
        into.segments.push({ ref: own, text: fresh });
      }
      for (const part of reading.unread) {
        const key = `${part.ref.id} ${part.reason} ${part.bytes}`;
        if (!unread.has(key)) into.unread.push(part);
        unread.add(key);
      }
    },
  };
}
