import type { Dialect } from '../dialect.ts';
import { publishedOnVertex } from '../vertex-models.ts';
import { blockedAnswer, blockedRequest, createStreamEnding, error, errorEvent } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader, streamEnd } from './stream-reader.ts';

/** Anthropic's messages, and the same on Vertex AI.
 *  @see https://docs.anthropic.com/en/api/messages */
export const dialect: Dialect = {
  name: 'anthropic-messages',
  words: { operation: 'chat', provider: 'anthropic' },
  routes: [
    { method: 'POST', path: '/messages', reads: 'text' },
    { method: 'POST', path: '/messages/count_tokens', reads: 'text' },
    ...publishedOnVertex('anthropic'),
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
