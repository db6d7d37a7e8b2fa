import type { Dialect } from '../dialect.ts';
import { blockedRequest, error, errorEvent } from '../openai-errors.ts';
import { blockedAnswer, createStreamEnding } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader, streamEnd } from './stream-reader.ts';

/** OpenAI's chat completions, as spoken by most providers.
 *  @see https://platform.openai.com/docs/api-reference/chat */
export const dialect: Dialect = {
  name: 'openai-chat',
  words: { operation: 'chat', provider: 'openai' },
  routes: [
    { method: 'POST', path: '/chat/completions', reads: 'text' },
    { method: 'GET', path: '/models', reads: 'nothing' },
    { method: 'GET', path: '/models/:model', reads: 'nothing' },
  ],
  readRequest,
  readAnswer,
  createStreamReader,
  streamEnd,
  createStreamPlaces,
  blockedRequest,
  blockedAnswer,
  createStreamEnding,
  error,
  errorEvent,
};
