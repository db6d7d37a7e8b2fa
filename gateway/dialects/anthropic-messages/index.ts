import type { Dialect } from '../dialect.ts';
import { blockedAnswer, blockedRequest, createStreamEnding, error, errorEvent } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader, streamEnd } from './stream-reader.ts';

/** Anthropic's messages.
 *  @see https://docs.anthropic.com/en/api/messages */
export const dialect: Dialect = {
  name: 'anthropic-messages',
  words: { operation: 'chat', provider: 'anthropic' },
  routes: [
    { method: 'POST', path: '/messages', reads: 'text' },
    { method: 'POST', path: '/messages/count_tokens', reads: 'text' },
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
