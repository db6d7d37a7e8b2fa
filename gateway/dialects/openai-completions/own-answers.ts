import type { Block, OwnAnswer, StreamEnding } from '../dialect.ts';
import { createChunksEnding } from '../openai-chat/stream-ending.ts';

/** A completion that is well formed and says nothing, with as many choices as the blocked one had. */
export function blockedAnswer(block: Block): OwnAnswer {
  const contentType = 'application/json; charset=utf-8';
  return { contentType, body: JSON.stringify({ ...emptied(block), ...usageOf(block) }) };
}

export function createStreamEnding(): StreamEnding {
  return createChunksEnding({ head: (block) => headOf(block), emptyChoice: { text: '' } });
}

function emptied(block: Block): object {
  const { facts } = block;
  const choices = facts === null || facts.choices.length === 0 ? [0] : facts.choices;
  return {
    ...headOf(block),
    choices: choices.map((index) => ({ index, text: '', logprobs: null, finish_reason: 'content_filter' })),
  };
}

function headOf({ exchangeId, model, facts }: Block): object {
  return {
    id: `cmpl-${exchangeId}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: facts?.model ?? model ?? 'unknown',
  };
}

function usageOf({ facts }: Block): object {
  if (facts?.usage == null) return {};
  const { inputTokens: prompt_tokens, outputTokens: completion_tokens } = facts.usage;
  return { usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } };
}
