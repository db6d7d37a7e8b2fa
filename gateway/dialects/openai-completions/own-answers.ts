import type { Block, OwnAnswer } from '../dialect.ts';

/** A completion that is well formed and says nothing, with as many choices as the blocked one had. */
export function blockedAnswer(block: Block): OwnAnswer {
  const contentType = 'application/json; charset=utf-8';
  return { contentType, body: JSON.stringify({ ...emptied(block), ...usageOf(block) }) };
}

/** The same in one event; a whole completion and a piece of one have the same form. */
export function blockedStream(block: Block): OwnAnswer {
  const contentType = 'text/event-stream; charset=utf-8';
  return { contentType, body: `data: ${JSON.stringify(emptied(block))}\n\ndata: [DONE]\n\n` };
}

function emptied({ exchangeId, model, facts }: Block): object {
  const choices = facts === null || facts.choices.length === 0 ? [0] : facts.choices;
  return {
    id: `cmpl-${exchangeId}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: facts?.model ?? model ?? 'unknown',
    choices: choices.map((index) => ({ index, text: '', logprobs: null, finish_reason: 'content_filter' })),
  };
}

function usageOf({ facts }: Block): object {
  if (facts?.usage == null) return {};
  const { inputTokens: prompt_tokens, outputTokens: completion_tokens } = facts.usage;
  return { usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } };
}
