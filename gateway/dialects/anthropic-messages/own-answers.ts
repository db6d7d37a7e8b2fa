import { blockMessage } from '../block-message.ts';
import type { Block, OwnAnswer, Problem, StreamEnding } from '../dialect.ts';
import { isObject, parsed } from '../json-values.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Anthropic's word for each status that has one.
 *  @see https://docs.anthropic.com/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
/** What is answered with 503 for another reason than load. */
const NOT_OVERLOADED = new Set(['unrecorded']);

/** Anthropic's error form; the message says where in the body. */
export function error(problem: Problem): OwnAnswer {
  return ownError(typeOf(problem), problem.message);
}

/** The form that Anthropic's clients raise as an error when it comes in a stream. */
export function errorEvent(problem: Problem): string {
  return eventOf(errorBody(typeOf(problem), problem.message));
}

export function blockedRequest(block: Block): OwnAnswer {
  return ownError('invalid_request_error', blockMessage(block));
}

/** A message that is well formed and says nothing. */
export function blockedAnswer(block: Block): OwnAnswer {
  const usage = usageOf(block);
  const body = { ...headOf(block), stop_reason: 'refusal', stop_sequence: null, usage };
  return { contentType: JSON_TYPE, body: JSON.stringify(body) };
}

/** Blocks that are open are closed, then the message is. */
export function createStreamEnding(): StreamEnding {
  const open = new Set<number>();
  let hasBegun = false;
  return {
    sent(data) {
      const event = parsed(data);
      if (!isObject(event)) return;
      const { type, index } = event;
      hasBegun ||= type === 'message_start';
      if (typeof index !== 'number') return;
      if (type === 'content_block_start') open.add(index);
      if (type === 'content_block_stop') open.delete(index);
    },
    blocked(block) {
      const { input_tokens, output_tokens } = usageOf(block);
      const usage = { input_tokens, output_tokens: 0 };
      const message = { ...headOf(block), stop_reason: null, stop_sequence: null, usage };
      const delta = { stop_reason: 'refusal', stop_sequence: null };
      const events = [
        ...(hasBegun ? [] : [{ type: 'message_start', message }]),
        ...[...open].map((index) => ({ type: 'content_block_stop', index })),
        { type: 'message_delta', delta, usage: { output_tokens } },
        { type: 'message_stop' },
      ];
      return events.map(eventOf).join('');
    },
  };
}

function ownError(type: string, message: string): OwnAnswer {
  return { contentType: JSON_TYPE, body: JSON.stringify(errorBody(type, message)) };
}

function errorBody(type: string, message: string): { readonly type: 'error'; readonly error: object } {
  return { type: 'error', error: { type, message } };
}

function typeOf({ status, code }: Problem): string {
  const type = NOT_OVERLOADED.has(code) ? undefined : TYPES[status];
  return type ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

function eventOf(body: { readonly type: string }): string {
  return `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
}

function headOf({ exchangeId, model, facts }: Block): object {
  return {
    id: `msg_${exchangeId}`,
    type: 'message',
    role: 'assistant',
    model: facts?.model ?? model ?? 'unknown',
    content: [],
  };
}

function usageOf({ facts }: Block): { input_tokens: number; output_tokens: number } {
  return { input_tokens: facts?.usage?.inputTokens ?? 0, output_tokens: facts?.usage?.outputTokens ?? 0 };
}
