import type { Block, OwnAnswer } from '../dialect.ts';
import { blockedRequest } from '../openai-errors.ts';
import { partOf } from './target.ts';

/** Well formed and empty, of the kind that was asked for, with the error beside it for those who look. */
export function blockedAnswer(block: Block): OwnAnswer {
  const { contentType, body } = blockedRequest(block);
  return { contentType, body: JSON.stringify({ ...emptyAnswer(block), ...JSON.parse(body) }) };
}

function emptyAnswer({ target, exchangeId }: Block): object {
  switch (partOf(target)) {
    case 'items':
      return { object: 'list', data: [], first_id: null, last_id: null, has_more: false };
    case 'item':
      return {
        id: `msg_${exchangeId}`,
        type: 'message',
        role: 'assistant',
        status: 'incomplete',
        content: [],
      };
    case 'conversation':
      return {
        id: `conv_${exchangeId}`,
        object: 'conversation',
        created_at: Math.floor(Date.now() / 1000),
        metadata: {},
      };
  }
}
