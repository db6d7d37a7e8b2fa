import type { Collected } from '../collected.ts';
import type { AnswerFacts, AnswerReading, Read } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { createPlace, type Place } from '../place.ts';
import { createCalledTools } from './called-tools.ts';
import { readContent, textWithin } from './read-blocks.ts';

/** Every text of a whole answer: all blocks of its content; or of an error. */
export function readAnswer(body: unknown): Read<AnswerReading> {
  if (!isObject(body)) return wrong('', 'the answer is not an object');
  const { content } = body;
  if (content !== undefined && !Array.isArray(content)) return wrong('/content', 'content is not an array');
  const into: Collected = { segments: [], unread: [] };
  readMessage(body, into);
  return { ok: true, value: { ...into, facts: factsOf(body) } };
}

/** A message, or the head of one. What tools of the upstream found stands in its content too, and is output there:
 *  what the client is about to get. */
export function readMessage({ content, ...rest }: JsonObject, into: Collected): void {
  readContent(content, answerPlace().at('content'), { into, toolOf: createCalledTools() });
  textWithin(rest, answerPlace(), into);
}

export function answerPlace(): Place {
  return createPlace({ side: 'response', target: 'output', role: 'assistant' });
}

/** Model, usage and stop reason of a message, or of the piece of one that an event brings. */
export function factsOf(message: JsonObject): AnswerFacts {
  const { model, stop_reason: reason, usage } = message;
  return {
    model: typeof model === 'string' ? model : null,
    finishReasons: typeof reason === 'string' ? [reason] : [],
    usage: usageOf(usage),
    choices: [],
  };
}

function usageOf(usage: unknown): AnswerFacts['usage'] {
  if (!isObject(usage)) return null;
  const { input_tokens: inputTokens, output_tokens: outputTokens } = usage;
  return typeof inputTokens === 'number' && typeof outputTokens === 'number'
    ? { inputTokens, outputTokens }
    : null;
}

function wrong(at: string, message: string): Read<AnswerReading> {
  return { ok: false, problem: { at, message } };
}
