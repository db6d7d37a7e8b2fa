import type { Dialect } from '../dialect.ts';
import { AZURE_BASES, AZURE_DEPLOYMENTS, GEMINI_BASE } from '../openai-bases.ts';
import { createTextlessDialect } from '../openai-textless.ts';

const FLOAT_BYTES = 4;

/** OpenAI's embeddings: what is embedded is read, the vectors are not.
 *  @see https://platform.openai.com/docs/api-reference/embeddings */
export const dialect: Dialect = createTextlessDialect({
  name: 'openai-embeddings',
  words: { operation: 'embeddings', provider: 'openai' },
  path: '/embeddings',
  bases: [AZURE_DEPLOYMENTS, ...AZURE_BASES, GEMINI_BASE],
  list: 'data',
  mayHoldText({ embedding, ...rest }) {
    return isVector(embedding) ? rest : { embedding, ...rest };
  },
  emptyAnswer({ facts, model }) {
    const tokens = facts?.usage?.inputTokens ?? 0;
    return {
      object: 'list',
      data: [],
      model: facts?.model ?? model ?? 'unknown',
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  },
});

/** Numbers, or float32 in base64, which is what OpenAI's clients ask for. */
function isVector(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'number');
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return false;
  return Buffer.byteLength(value, 'base64') % FLOAT_BYTES === 0;
}
