import type { Block, OwnAnswer, Problem } from '../dialect.ts';

export interface StreamEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The event that OpenAI's clients raise as an error. */
export function errorEvent({ code, message, at }: Problem): string {
  return eventOf({ type: 'error', code, message, param: at, sequence_number: 0 });
}

/** A response that is well formed and says nothing. */
export function blockedAnswer(block: Block): OwnAnswer {
  const body = blockedResponse(block, []);
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

/** @param output - items that a client has seen, where the response was streamed */
export function blockedResponse(block: Block, output: readonly object[]): object {
  return {
    ...emptyResponse(block),
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output,
    usage: usageOf(block),
  };
}

/** A response that has just begun. */
export function emptyResponse({ exchangeId, model, facts }: Block): object {
  return {
    id: `resp_${exchangeId}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: facts?.model ?? model ?? 'unknown',
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  };
}

/** An event as OpenAI's clients read it. */
export function eventOf(body: StreamEvent): string {
  return `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
}

function usageOf({ facts }: Block): object | null {
  if (facts?.usage == null) return null;
  const { inputTokens: input_tokens, outputTokens: output_tokens } = facts.usage;
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  };
}
