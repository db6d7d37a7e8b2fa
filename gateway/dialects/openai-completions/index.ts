import type { Dialect } from '../dialect.ts';
import { AZURE_BASES, AZURE_DEPLOYMENTS, offeredBelow } from '../openai-bases.ts';
import { readAnswer } from '../openai-chat/read-answer.ts';
import { createStreamPlaces } from '../openai-chat/stream-places.ts';
import { createStreamReader, streamEnd } from '../openai-chat/stream-reader.ts';
import { blockedRequest, error, errorEvent } from '../openai-errors.ts';
import { createInputReader } from '../openai-input.ts';
import { blockedAnswer, createStreamEnding } from './own-answers.ts';

/** OpenAI's legacy completions. Their answers are those of chats with the text in the choice itself and no message,
 *  whole and streamed alike, so they are read by the same readers.
 *  @see https://platform.openai.com/docs/api-reference/completions */
export const dialect: Dialect = {
  name: 'openai-completions',
  words: { operation: 'text_completion', provider: 'openai' },
  routes: offeredBelow(
    [AZURE_DEPLOYMENTS, ...AZURE_BASES],
    [{ method: 'POST', path: '/completions', reads: 'text' }],
  ),
  readRequest: createInputReader('prompt'),
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
