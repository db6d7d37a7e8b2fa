import type { Block, StreamEnding } from '../dialect.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import { indexOf } from './read-answer.ts';

export interface EndingParts {
  /** The head of a stream of which nothing was sent. */
  readonly head: (block: Block) => object;
  /** A choice that says nothing. */
  readonly emptyChoice: object;
}

/** Ends a stream of chunks: every choice that is still open gets its end, then the stream does.
 *  Where nothing was sent there are as many choices as the blocked answer had. */
export function createChunksEnding({ head, emptyChoice }: EndingParts): StreamEnding {
  let sentHead: object | null = null;
  const open = new Set<number>();
  const ended = new Set<number>();

  function follow({ choices, usage: _usage, ...rest }: JsonObject): void {
    sentHead ??= rest;
    for (const choice of Array.isArray(choices) ? choices.filter(isObject) : []) {
      const index = indexOf(choice);
      open.add(index);
      if (typeof choice['finish_reason'] === 'string') ended.add(index);
    }
  }

  function openChoices({ facts }: Block): number[] {
    const known = open.size > 0 ? [...open] : (facts?.choices ?? []);
    return (known.length === 0 ? [0] : known).filter((index) => !ended.has(index));
  }

  return {
    sent(data) {
      const chunk = parsed(data);
      if (isObject(chunk)) follow(chunk);
    },
    blocked(block) {
      const choices = openChoices(block).map((index) => ({
        index,
        ...emptyChoice,
        logprobs: null,
        finish_reason: 'content_filter',
      }));
      const chunk = { ...(sentHead ?? head(block)), choices };
      return `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
    },
  };
}
