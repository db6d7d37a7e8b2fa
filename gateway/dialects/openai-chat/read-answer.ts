import type { Collected } from '../collected.ts';
import type { AnswerFacts, AnswerReading, Read } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { createPlace, type Place } from '../place.ts';
import { readCall, readContent, readToolCalls } from './read-content.ts';
import { textWithin } from './text-within.ts';

/** Every text of a whole answer: all choices, with refusals, reasoning and calls; or of an error. */
export function readAnswer(body: unknown): Read<AnswerReading> {
  if (!isObject(body)) return wrong('', 'the answer is not an object');
  const { choices, ...rest } = body;
  if (choices !== undefined && !Array.isArray(choices)) return wrong('/choices', 'choices is not an array');
  const into: Collected = { segments: [], unread: [] };
  textWithin(rest, answerPlace(), into);
  for (const choice of choices ?? []) {
    if (!isObject(choice)) return wrong('/choices', 'a choice is not an object');
    readChoice(choice, into);
  }
  return { ok: true, value: { ...into, facts: factsOf(body, choices ?? []) } };
}

function readChoice(choice: JsonObject, into: Collected): void {
  const { message, ...rest } = choice;
  const place = choicePlace(indexOf(choice));
  textWithin(rest, place, into);
  if (!isObject(message)) {
    textWithin(message, place.at('message'), into);
    return;
  }
  const { content, tool_calls, function_call, audio, ...other } = message;
  const at = place.at('message');
  readContent(content, at.at('content'), into);
  readToolCalls(tool_calls, at.at('tool_calls'), into);
  readCall(function_call, at.at('function_call').as('tool_call'), into);
  readAudio(audio, at.at('audio'), into);
  textWithin(other, at, into);
}

/** Sound is not read, its transcript is. */
export function readAudio(audio: unknown, place: Place, into: Collected): void {
  if (!isObject(audio)) {
    textWithin(audio, place, into);
    return;
  }
  const { data, ...rest } = audio;
  if (typeof data !== 'string') textWithin(data, place.at('data'), into);
  else if (data !== '') {
    into.unread.push({ ref: place.at('data').ref(), reason: 'audio', bytes: data.length });
  }
  textWithin(rest, place, into);
}

/** What stands outside of the choices. */
export function answerPlace(): Place {
  return createPlace({ side: 'response', target: 'output', role: 'assistant' });
}

export function choicePlace(index: number): Place {
  return createPlace({ side: 'response', target: 'output', role: 'assistant', choice: index }, [
    'choices',
    index,
  ]);
}

/** A choice without an index is the first. */
export function indexOf(item: JsonObject): number {
  return typeof item['index'] === 'number' ? item['index'] : 0;
}

/** Model and usage of a body, finish reasons and numbers of its choices. */
export function factsOf(body: JsonObject, choices: readonly JsonObject[]): AnswerFacts {
  return {
    model: typeof body['model'] === 'string' ? body['model'] : null,
    finishReasons: choices
      .map((choice) => choice['finish_reason'])
      .filter((reason) => typeof reason === 'string'),
    usage: usageOf(body['usage']),
    choices: choices.map(indexOf),
  };
}

function usageOf(usage: unknown): AnswerFacts['usage'] {
  if (!isObject(usage)) return null;
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage;
  return typeof inputTokens === 'number' && typeof outputTokens === 'number'
    ? { inputTokens, outputTokens }
    : null;
}

function wrong(at: string, message: string): Read<AnswerReading> {
  return { ok: false, problem: { at, message } };
}
