import type { UnscannedReason } from '../../../alerts/index.ts';
import type { Collected } from '../collected.ts';
import type { StreamReader } from '../dialect.ts';
import { isObject, parsed } from '../json-values.ts';
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
      into.unread.push(unreadChunk(chunk === undefined ? 'bad_json' : 'bad_shape', data));
      return { ...into, isLast: false };
    },
    end: () => ({ segments: [], unread: [] }),
    facts: reader.facts,
  };
}

function unreadChunk(reason: UnscannedReason, data: string) {
  return { ref: answerPlace().ref(), reason, bytes: Buffer.byteLength(data) };
}
