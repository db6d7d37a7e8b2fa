import type { Dialect } from '../dialect.ts';
import { AZURE_BASES, offeredBelow } from '../openai-bases.ts';
import { blockedRequest, error } from '../openai-errors.ts';
import { blockedAnswer, errorEvent } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { createStreamEnding } from './stream-ending.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader } from './stream-reader.ts';

/** OpenAI's responses, and what can be asked of one that the upstream has stored.
 *  @see https://platform.openai.com/docs/api-reference/responses */
export const dialect: Dialect = {
  name: 'openai-responses',
  words: { operation: 'chat', provider: 'openai' },
  routes: offeredBelow(AZURE_BASES, [
    { method: 'POST', path: '/responses', reads: 'text' },
    { method: 'POST', path: '/responses/input_tokens', reads: 'text' },
    { method: 'POST', path: '/responses/compact', reads: 'text' },
    { method: 'GET', path: '/responses/:response', reads: 'answer' },
    { method: 'DELETE', path: '/responses/:response', reads: 'nothing' },
    { method: 'POST', path: '/responses/:response/cancel', reads: 'answer' },
    { method: 'GET', path: '/responses/:response/input_items', reads: 'answer' },
  ]),
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
