import type { Dialect, DialectRoute } from '../dialect.ts';
import { blockedAnswer, blockedPrompt, blockedRequest, error, errorEvent } from './own-answers.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { createStreamEnding } from './stream-ending.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createStreamReader } from './stream-reader.ts';

const VERSIONS = ['v1beta', 'v1', 'v1alpha'];
const KINDS = ['models', 'tunedModels'];
const METHODS = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
];
const routes = VERSIONS.flatMap((version) =>
  KINDS.flatMap((kind) =>
    METHODS.map(
      (method) =>
        ({
          method: 'POST',
          path: `/${kind}/:model\\:${method}`,
          version,
          reads: 'text',
          ...(/embed/i.test(method) && { operation: 'embeddings' }),
        }) satisfies DialectRoute,
    ),
  ),
);

/** Google's Gemini API.
 *  @see https://ai.google.dev/api/generate-content */
export const dialect: Dialect = {
  name: 'gemini',
  words: { operation: 'generate_content', provider: 'gcp.gemini' },
  routes: [
    ...routes,
    { method: 'GET', path: '/models', version: 'v1beta', reads: 'nothing' },
    { method: 'GET', path: '/models/:model', version: 'v1beta', reads: 'nothing' },
  ],
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
