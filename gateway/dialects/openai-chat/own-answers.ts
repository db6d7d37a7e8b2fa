import type { Block, OwnAnswer, StreamEnding } from '../dialect.ts';
import { createChunksEnding } from './stream-ending.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const NO_CHOICES_KNOWN: readonly number[] = [0];

/** A completion that is well formed and says nothing, with as many choices as the blocked one had. */
export function blockedAnswer(block: Block): OwnAnswer {
  const choices = choicesOf(block).map((index) => ({
    index,
    message: { role: 'assistant', content: '', refusal: null },
    logprobs: null,
    finish_reason: 'content_filter',
  }));
  const body = { ...head(block, 'chat.completion'), choices, ...usageOf(block) };
  return { contentType: JSON_TYPE, body: JSON.stringify(body) };
}

export function createStreamEnding(): StreamEnding {
  return createChunksEnding({
    head: (block) => head(block, 'chat.completion.chunk'),
    emptyChoice: { delta: { role: 'assistant', content: '' } },
  });
}

function head({ exchangeId, model, facts }: Block, object: string): object {
  const created = Math.floor(Date.now() / 1000);
  return { id: `chatcmpl-${exchangeId}`, object, created, model: facts?.model ?? model ?? 'unknown' };
}

function choicesOf({ facts }: Block): readonly number[] {
  return facts === null || facts.choices.length === 0 ? NO_CHOICES_KNOWN : facts.choices;
}

function usageOf({ facts }: Block): object {
  if (facts?.usage == null) return {};
  const { inputTokens, outputTokens } = facts.usage;
  return {
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  };
}
