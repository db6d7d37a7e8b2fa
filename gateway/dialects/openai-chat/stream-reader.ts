import { createChangedTexts } from '../changed-texts.ts';
import type { Collected } from '../collected.ts';
import type { AnswerFacts, StreamEnd, StreamReader, StreamStep, TextReading } from '../dialect.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import type { Place } from '../place.ts';
import { unreadEvent } from '../unread-event.ts';
import { createChoiceCalls } from './call-numbers.ts';
import { answerPlace, choicePlace, factsOf, indexOf, readAudio } from './read-answer.ts';
import { readContent } from './read-content.ts';
import { createStreamedCalls } from './streamed-calls.ts';
import { textWithin } from './text-within.ts';

const DONE = '[DONE]';

export const streamEnd: StreamEnd = { marks: [DONE], isLast: (data) => data.trim() === DONE };

/** Reads the chunks of one streamed completion; a segment stands where it would in the whole answer. */
export function createStreamReader(): StreamReader {
  const calls = createStreamedCalls();
  const numbersOf = createChoiceCalls();
  // What stands beside the choices is repeated in every chunk by some providers.
  const readOutside = createChangedTexts(textWithin);
  let facts: AnswerFacts = { model: null, finishReasons: [], usage: null, choices: [] };

  function readChunk(chunk: Record<string, unknown>, into: Collected): void {
    const { choices, ...rest } = chunk;
    readOutside(rest, answerPlace(), into);
    const list: readonly unknown[] = Array.isArray(choices) ? choices : [];
    if (list !== choices) textWithin(choices, answerPlace().at('choices'), into);
    for (const [order, choice] of list.entries()) {
      if (isObject(choice)) readChoice(choice, into);
      // No answer that a client knows, and still words that it gets.
      else textWithin(choice, answerPlace().at('choices', order), into);
    }
    facts = joined(facts, factsOf(chunk, list.filter(isObject)));
  }

  function readChoice(choice: Record<string, unknown>, into: Collected): void {
    const { delta, message, ...rest } = choice;
    const place = choicePlace(indexOf(choice));
    textWithin(rest, place, into);
    for (const piece of [delta, message]) {
      if (isObject(piece)) readDelta(piece, { place: place.at('message'), choice: indexOf(choice) }, into);
      else textWithin(piece, place.at('message'), into);
    }
  }

  function readDelta(delta: JsonObject, { place, choice }: OfChoice, into: Collected): void {
    const { content, tool_calls, function_call, audio, ...other } = delta;
    readContent(content, place.at('content'), into);
    const at = place.at('tool_calls').as('tool_call');
    if (tool_calls !== undefined) readCalls(tool_calls, { place: at, choice }, into);
    if (function_call !== undefined) {
      calls.read(function_call, place.at('function_call').as('tool_call'), into);
    }
    if (audio !== undefined) readAudio(audio, place.at('audio'), into);
    textWithin(other, place, into);
  }

  function readCalls(list: unknown, { place, choice }: OfChoice, into: Collected): void {
    if (!Array.isArray(list)) textWithin(list, place, into);
    for (const [order, call] of (Array.isArray(list) ? list : []).entries()) {
      if (!isObject(call)) textWithin(call, place.at(order), into);
      else readCallDelta(call, place.at(numbersOf(choice).numberOf(call, order)), into);
    }
  }

  function readCallDelta({ function: named, custom, ...rest }: JsonObject, at: Place, into: Collected): void {
    const [ofFunction, ofCustom] = [at.at('function'), at.at('custom')];
    calls.read(named, ofFunction, into);
    calls.read(custom, ofCustom, into);
    textWithin(rest, at.of(calls.toolAt(ofFunction) ?? calls.toolAt(ofCustom)), into);
  }

  return {
    read(data) {
      if (streamEnd.isLast(data)) return { segments: [], unread: [], isLast: true };
      const into: Collected = { segments: [], unread: [] };
      const chunk = parsed(data);
      if (isObject(chunk)) readChunk(chunk, into);
      else into.unread.push(unreadEvent(answerPlace(), data, chunk));
      return { ...into, isLast: false } satisfies StreamStep;
    },
    // Nothing is only told at the end.
    end: (): TextReading => ({ segments: [], unread: [] }),
    facts: () => facts,
  };
}

interface OfChoice {
  readonly place: Place;
  /** Its number. */
  readonly choice: number;
}

function joined(before: AnswerFacts, now: AnswerFacts): AnswerFacts {
  return {
    model: now.model ?? before.model,
    usage: now.usage ?? before.usage,
    finishReasons: [...before.finishReasons, ...now.finishReasons],
    choices: now.choices.every((choice) => before.choices.includes(choice))
      ? before.choices
      : [...new Set([...before.choices, ...now.choices])],
  };
}
