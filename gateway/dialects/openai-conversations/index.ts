import type { Dialect } from '../dialect.ts';
import { AZURE_BASES, offeredBelow } from '../openai-bases.ts';
import { blockedRequest, error, errorEvent } from '../openai-errors.ts';
import { createStreamEnding } from '../openai-responses/stream-ending.ts';
import { createStreamPlaces } from '../openai-responses/stream-places.ts';
import { createStreamReader } from '../openai-responses/stream-reader.ts';
import { blockedAnswer } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { conversationIn } from './target.ts';

const ALL = '/conversations';
const ONE = '/conversations/:conversation';

/** OpenAI's conversations: what is brought to the upstream for later responses to go on from, and what is fetched from
 *  there. Nothing of it is streamed; an upstream that does so all the same is read as one of responses.
 *  @see https://platform.openai.com/docs/api-reference/conversations */
export const dialect: Dialect = {
  name: 'openai-conversations',
  words: { operation: 'chat', provider: 'openai' },
  routes: offeredBelow(AZURE_BASES, [
    { method: 'POST', path: ALL, reads: 'text' },
    { method: 'GET', path: ONE, reads: 'nothing' },
    { method: 'POST', path: ONE, reads: 'text' },
    { method: 'DELETE', path: ONE, reads: 'nothing' },
    { method: 'POST', path: `${ONE}/items`, reads: 'text' },
    { method: 'GET', path: `${ONE}/items`, reads: 'answer' },
    { method: 'GET', path: `${ONE}/items/:item`, reads: 'answer' },
    { method: 'DELETE', path: `${ONE}/items/:item`, reads: 'nothing' },
  ]),
  conversationIn,
  readRequest,
  readAnswer,
  createStreamReader,
  createStreamPlaces,
  createStreamEnding,
  blockedRequest,
  blockedAnswer,
  error,
  errorEvent,
};
