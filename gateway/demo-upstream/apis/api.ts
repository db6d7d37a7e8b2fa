import type { z } from 'zod';
import type { ChatRequest } from '../chat-request.ts';
import type { Answer } from '../completion.ts';

/** How an answer goes out. */
export type Form = 'whole' | 'events' | 'array';

/** A request in words that all APIs share. */
export interface Question {
  readonly chat: ChatRequest;
  readonly form: Form;
}

/** One API that the demo upstream speaks. */
export interface DemoApi {
  /** Which paths are its own. */
  readonly path: RegExp;
  /** The request, or what is wrong with it.
   *  @param target - path and query */
  read(body: unknown, target: string): Question | string;
  whole(answer: Answer): object;
  /** The objects of a stream, in their order. */
  pieces(answer: Answer, chat: ChatRequest): Iterable<object>;
  /** What ends an event stream beside its last piece. */
  readonly end: string;
  error(status: number, message: string): object;
}

/** What is wrong, by field. */
export function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
}

/** Errors as OpenAI writes them. */
export function openaiError(_status: number, message: string): object {
  return { error: { message, type: 'invalid_request_error', param: null, code: null } };
}
