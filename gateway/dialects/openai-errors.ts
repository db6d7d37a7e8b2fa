import { blockMessage } from './block-message.ts';
import type { Block, OwnAnswer, Problem } from './dialect.ts';

/** OpenAI's error form; `param` holds where in the body. */
export function error(problem: Problem): OwnAnswer {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(errorBody(problem)) };
}

/** The form that OpenAI's clients raise as an error when it comes in a stream. */
export function errorEvent(problem: Problem): string {
  return `data: ${JSON.stringify(errorBody(problem))}\n\n`;
}

export function blockedRequest(block: Block): OwnAnswer {
  return error({ status: 400, code: 'content_filter', message: blockMessage(block), at: null });
}

function errorBody({ status, code, message, at }: Problem): object {
  const type = status >= 500 ? 'gateway_error' : 'invalid_request_error';
  return { error: { message, type, param: at, code } };
}
