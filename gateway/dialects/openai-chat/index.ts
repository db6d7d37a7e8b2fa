import type { Dialect } from '../dialect.ts';
import { AZURE_BASES, AZURE_DEPLOYMENTS, GEMINI_BASE, offeredBelow, VERTEX_BASES } from '../openai-bases.ts';
import { blockedRequest, error, errorEvent } from '../openai-errors.ts';
import { publishedOnVertex } from '../vertex-models.ts';
import { blockedAnswer, createStreamEnding } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { describeRequest, readRequest } from './read-request.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader, streamEnd } from './stream-reader.ts';

/** OpenAI's chat completions, as spoken by most providers, and where they are offered below other paths.
 *  @see https://platform.openai.com/docs/api-reference/chat */
export const dialect: Dialect = {
  name: 'openai-chat',
  words: { operation: 'chat', provider: 'openai' },
  routes: [
    ...offeredBelow(
      [AZURE_DEPLOYMENTS, ...AZURE_BASES, GEMINI_BASE, ...VERTEX_BASES],
      [{ method: 'POST', path: '/chat/completions', reads: 'text' }],
    ),
    ...offeredBelow(
      [...AZURE_BASES, GEMINI_BASE],
      [
        { method: 'GET', path: '/models', reads: 'nothing' },
        { method: 'GET', path: '/models/:model', reads: 'nothing' },
      ],
    ),
    ...publishedOnVertex('mistralai'),
  ],
  readRequest,
  describeRequest,
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
