import type { Dialect } from '../dialect.ts';
import { blockedAnswer, blockedPrompt, blockedRequest, error, errorEvent } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { routes } from './routes.ts';
import { createStreamEnding } from './stream-ending.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader } from './stream-reader.ts';

/** Google's Gemini API, and Gemini on Vertex AI.
 *  @see https://ai.google.dev/api/generate-content
 *  @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
export const dialect: Dialect = {
  name: 'gemini',
  words: { operation: 'generate_content', provider: 'gcp.gemini' },
  routes,
  streamsArrays: true,
  readRequest,
  readAnswer,
  createStreamReader,
  createStreamPlaces,
  createStreamEnding,
  blockedRequest,
  blockedPrompt,
  blockedAnswer,
  error,
  errorEvent,
};
