import type { Collected } from '../collected.ts';
import type { AnswerFacts, AnswerReading, Read } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { answerPlaces } from './read-items.ts';
import { readItemList } from './read-list.ts';
import { readContent } from './read-parts.ts';
import { textWithin } from './text-within.ts';

/** What a response repeats of its request, which has been read there. Its instructions are not among them: those of a
 *  prompt that the upstream stores stand in no request. */
const ECHOES = [
  'tools',
  'tool_choice',
  'text',
  'prompt',
  'reasoning',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'previous_response_id',
  'conversation',
  'service_tier',
  'truncation',
  'access_programs',
  'image',
];
/** How a response is when no more will come. */
const FINAL = new Set<unknown>(['completed', 'incomplete', 'failed', 'cancelled']);

/** Every text of a response, of a list of items, or of an error. */
export function readAnswer(body: unknown): Read<AnswerReading> {
  if (!isObject(body)) return wrong('', 'the answer is not an object');
  for (const key of ['output', 'data']) {
    const list = body[key];
    if (list != null && !Array.isArray(list)) return wrong(`/${key}`, `${key} is not an array`);
  }
  const into: Collected = { segments: [], unread: [] };
  readResponse(body, into);
  return { ok: true, value: { ...into, facts: factsOf(body) } };
}

/** A response, whole or as far as an event tells of it. */
export function readResponse(response: JsonObject, into: Collected): void {
  const { output, data, instructions, ...rest }: Record<string, unknown> = response;
  readList(output, 'output', into);
  readList(data, 'data', into);
  for (const echo of response['object'] === 'response' ? ECHOES : []) delete rest[echo];
  textWithin(rest, answerPlaces([])('assistant'), into);
  if (Array.isArray(instructions)) readList(instructions, 'instructions', into);
  else readContent(instructions, answerPlaces(['instructions'])('system'), into);
}

function readList(items: unknown, key: string, into: Collected): void {
  if (Array.isArray(items)) readItemList(items, (index) => answerPlaces([key, index]), into);
  else textWithin(items, answerPlaces([key])('assistant'), into);
}

/** Model, usage and end of a response. */
export function factsOf(response: JsonObject): AnswerFacts {
  const { id, object, model, usage } = response;
  return {
    ...(typeof id === 'string' && object === 'response' && { id }),
    model: typeof model === 'string' ? model : null,
    finishReasons: endOf(response),
    usage: usageOf(usage),
    choices: [],
  };
}

function endOf({ status, incomplete_details: details }: JsonObject): string[] {
  if (typeof status !== 'string' || !FINAL.has(status)) return [];
  const reason = isObject(details) ? details['reason'] : undefined;
  return [typeof reason === 'string' ? reason : status];
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
