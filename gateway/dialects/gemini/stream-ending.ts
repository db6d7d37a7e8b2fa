import type { Framing, StreamEnding } from '../dialect.ts';
import { isObject, parsed } from '../json-values.ts';
import { blockedChunk } from './own-answers.ts';
import { finishOf, indexOf } from './read-chunks.ts';

/** Ends a stream with a chunk in which every candidate that is still open ends. */
export function createStreamEnding(framing: Framing): StreamEnding {
  const open = new Set<number>();
  const ended = new Set<number>();
  let hasBegun = false;
  return {
    sent(data) {
      hasBegun = true;
      const chunk = parsed(data);
      const candidates = isObject(chunk) && Array.isArray(chunk['candidates']) ? chunk['candidates'] : [];
      for (const [order, candidate] of candidates.filter(isObject).entries()) {
        const index = indexOf(candidate, order);
        if (finishOf(candidate) === null) open.add(index);
        else ended.add(index);
      }
    },
    blocked(block) {
      const choices = hasBegun
        ? [...open].filter((index) => !ended.has(index))
        : (block.facts?.choices ?? []);
      const body = JSON.stringify(blockedChunk(block, choices));
      return framing === 'events' ? `data: ${body}\n\n` : `${hasBegun ? ',' : '['}${body}]`;
    },
  };
}
