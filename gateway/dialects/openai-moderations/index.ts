import type { Dialect } from '../dialect.ts';
import { createTextlessDialect } from '../openai-textless.ts';

/** OpenAI's moderations: what is to be judged is read, the judgement is not.
 *  @see https://platform.openai.com/docs/api-reference/moderations */
export const dialect: Dialect = createTextlessDialect({
  name: 'openai-moderations',
  words: { operation: 'moderation', provider: 'openai' },
  path: '/moderations',
  bases: [],
  list: 'results',
  mayHoldText({ category_applied_input_types: types, ...rest }) {
    return isKinds(types) ? rest : { category_applied_input_types: types, ...rest };
  },
  emptyAnswer: ({ exchangeId, facts, model }) => ({
    id: `modr-${exchangeId}`,
    model: facts?.model ?? model ?? 'unknown',
    results: [],
  }),
});

/** For each category the kinds of input that it was judged by. */
function isKinds(types: unknown): boolean {
  if (types === null || typeof types !== 'object') return false;
  return Object.values(types)
    .flat()
    .every((kind) => kind === 'text' || kind === 'image');
}
