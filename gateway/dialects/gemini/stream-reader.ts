import type { Collected } from '../collected.ts';
import type { StreamReader } from '../dialect.ts';
import { isObject, parsed } from '../json-values.ts';
import { unreadEvent } from '../unread-event.ts';
import { answerPlace } from './answer-places.ts';
import { createChunkReader } from './read-chunks.ts';

/** Reads the chunks of one streamed answer, events or items of an array; a segment stands where it would in the whole
 *  answer. Nothing is only told at the end. */
export function createStreamReader(): StreamReader {
  const reader = createChunkReader({ isWhole: false });
  return {
    read(data) {
      const into: Collected = { segments: [], unread: [] };
      const chunk = parsed(data);
      if (isObject(chunk)) return { ...into, isLast: reader.read(chunk, into) };
      into.unread.push(unreadEvent(answerPlace(), data, chunk));
      return { ...into, isLast: false };
    },
    end: () => ({ segments: [], unread: [] }),
    facts: reader.facts,
  };
}
