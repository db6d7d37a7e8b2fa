import { blockMessage } from '../block-message.ts';
import type { Block, Framing, OwnAnswer, Problem } from '../dialect.ts';
import { readTarget } from './target.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Google's word for each status that has one.
 *  @see https://cloud.google.com/apis/design/errors */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Google's error form; the details hold the gateway's own word and where in the body. */
export function error(problem: Problem): OwnAnswer {
  return { contentType: JSON_TYPE, body: JSON.stringify(errorBody(problem)) };
}

/** The form that Google's clients raise as an error when it comes in a stream. */
export function errorEvent(problem: Problem): string {
  return `data: ${JSON.stringify(errorBody(problem))}\n\n`;
}

export function blockedRequest(block: Block): OwnAnswer {
  return error({ status: 400, code: 'content_filter', message: blockMessage(block), at: null });
}

/** An answer that says of the prompt that it was blocked, as this API does: with status 200. Where no answer was asked
 *  for, it is an error. */
export function blockedPrompt(block: Block): OwnAnswer | null {
  const { isGenerating, framing } = readTarget(block.target);
  if (!isGenerating) return null;
  const promptFeedback = {
    blockReason: 'SAFETY',
    blockReasonMessage: blockMessage(block),
    safetyRatings: [],
  };
  const body = JSON.stringify({ promptFeedback, ...headOf(block) });
  return framed(body, framing);
}

/** An answer that is well formed and says nothing, with as many candidates as the blocked one had. */
export function blockedAnswer(block: Block): OwnAnswer {
  return { contentType: JSON_TYPE, body: JSON.stringify(blockedChunk(block, block.facts?.choices ?? [])) };
}

/** @param choices - the candidates that end with it */
export function blockedChunk(block: Block, choices: readonly number[]): object {
  const candidates = (choices.length === 0 ? [0] : choices).map((index) => ({
    index,
    content: { role: 'model', parts: [] },
    finishReason: 'SAFETY',
    finishMessage: blockMessage(block),
    safetyRatings: [],
  }));
  return { candidates, ...headOf(block) };
}

function framed(body: string, framing: Framing | null): OwnAnswer {
  if (framing === 'events') {
    return { contentType: 'text/event-stream; charset=utf-8', body: `data: ${body}\n\n` };
  }
  return { contentType: JSON_TYPE, body: framing === 'array' ? `[${body}]` : body };
}

function errorBody({ status, code, message, at }: Problem): object {
  const fallback = status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: code.toUpperCase(),
    domain: 'telltale',
    metadata: at === null ? {} : { at },
  };
  return { error: { code: status, message, status: STATUSES[status] ?? fallback, details: [info] } };
}

function headOf({ exchangeId, model, facts }: Block): object {
  const { inputTokens = 0, outputTokens = 0 } = facts?.usage ?? {};
  return {
    usageMetadata: {
      promptTokenCount: inputTokens,
      candidatesTokenCount: outputTokens,
      totalTokenCount: inputTokens + outputTokens,
    },
    modelVersion: facts?.model ?? model ?? 'unknown',
    responseId: exchangeId,
  };
}
