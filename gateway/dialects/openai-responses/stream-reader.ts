import { addUnread, addWords, type Collected } from '../collected.ts';
import type { AnswerFacts, StreamReader, TextReading } from '../dialect.ts';
import { isIdentifier } from '../identifier.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import type { Place } from '../place.ts';
import { createPlainJson, type PlainJson, plainJson } from '../plain-json.ts';
import { unreadEvent } from '../unread-event.ts';
import { placesOf } from './called-tools.ts';
import { factsOf, readResponse } from './read-answer.ts';
import { answerPlaces, readItem } from './read-items.ts';
import { readContent, readPart } from './read-parts.ts';
import { createSeenTexts } from './seen-texts.ts';
import {
  annotationKeys,
  itemKeys,
  numberOf,
  partKeys,
  type StreamText,
  streamTextOf,
} from './stream-texts.ts';
import { createStreamedTools, type StreamedTools } from './streamed-tools.ts';
import { textWithin } from './text-within.ts';

const DONE = '[DONE]';
const LAST = new Set<unknown>(['response.completed', 'response.incomplete', 'response.failed', 'error']);

/** Reads the events of one streamed response; a segment stands where it would in the whole answer. */
export function createStreamReader(): StreamReader {
  const seen = createSeenTexts();
  const tools = createStreamedTools();
  const open = new Map<string, { readonly place: Place; readonly json: PlainJson }>();
  let facts: AnswerFacts = { model: null, finishReasons: [], usage: null, choices: [] };

  function readEvent(event: JsonObject, into: Collected): void {
    const [, kind = '', step = ''] = /^response\.(.+)\.(added|delta|done)$/.exec(String(event['type'])) ?? [];
    const text = streamTextOf(kind, event);
    tools.note(event);
    if (text !== null) readText(text, step, { event, into });
    else {
      seen.whole(wholeOf(kind, event, tools), into);
      const pieces = piecesOf(kind, event, tools);
      for (const { ref, text: piece } of pieces.segments) seen.piece(piece, ref, into);
      addUnread(pieces.unread, into);
    }
    if (isObject(event['response'])) facts = joined(facts, factsOf(event['response']));
  }

  function readText(
    { place: nameless, wholeKey, isJson }: StreamText,
    step: string,
    { event, into }: { readonly event: JsonObject; readonly into: Collected },
  ): void {
    const { [step === 'delta' ? 'delta' : wholeKey]: text, name, ...others } = event;
    const rest = typeof name === 'string' && isIdentifier(name) ? others : { ...others, name };
    const place = nameless.of(tools.toolAt(event));
    const words: Collected = { segments: [], unread: [] };
    textWithin(typeof text === 'string' ? rest : { ...rest, text }, eventPlace(event), words);
    seen.whole(words, into);
    if (typeof text !== 'string') return;
    if (step === 'delta') seen.piece(isJson ? jsonAt(place).push(text) : text, place.ref(), into);
    else {
      open.delete(place.ref().id);
      const whole: Collected = { segments: [], unread: [] };
      addWords(isJson ? plainJson(text) : text, place, whole);
      seen.whole(whole, into);
    }
  }

  function jsonAt(place: Place): PlainJson {
    const { id } = place.ref();
    const known = open.get(id)?.json;
    if (known !== undefined) return known;
    const json = createPlainJson();
    open.set(id, { place, json });
    return json;
  }

  return {
    read(data) {
      if (data.trim() === DONE) return { segments: [], unread: [], isLast: true };
      const into: Collected = { segments: [], unread: [] };
      const event = parsed(data);
      if (isObject(event)) readEvent(event, into);
      else into.unread.push(unreadEvent(answerPlaces([])('assistant'), data, event));
      const isLast = isObject(event) && (LAST.has(event['type']) || isObject(event['error']));
      return { ...into, isLast };
    },
    end(): TextReading {
      const into: Collected = { segments: [], unread: [] };
      for (const { place, json } of open.values()) seen.piece(json.end(), place.ref(), into);
      return into;
    },
    facts: () => facts,
  };
}

/** What an event says that is no piece of a text: a part, an item, a response, or something new. */
function wholeOf(kind: string, event: JsonObject, tools: StreamedTools): Collected {
  const into: Collected = { segments: [], unread: [] };
  const { delta: _delta, partial_image_b64: _image, ...all } = event;
  const { response, item, part, annotation, output, ...rest } = all;
  const itemPlaces = placesOf(answerPlaces(itemKeys(event)), tools.toolAt(event));
  const at = itemPlaces('assistant');
  if (isObject(response)) readResponse(response, into);
  else textWithin(response, answerPlaces(['response'])('assistant'), into);
  if (item !== undefined) readItem(item, itemPlaces, into);
  if (part !== undefined) readPart(part, at.at(...partKeys(kind, event)), into);
  if (annotation !== undefined) textWithin(annotation, at.at(...annotationKeys(kind, event)), into);
  readContent(output, itemPlaces('result').at('output'), into);
  textWithin(rest, answerPlaces([])('assistant'), into);
  return into;
}

/** Sound and pictures in pieces, what commands print, and what nobody knows. */
function piecesOf(kind: string, event: JsonObject, tools: StreamedTools): Collected {
  const into: Collected = { segments: [], unread: [] };
  const { delta, partial_image_b64: image } = event;
  const at = answerPlaces(itemKeys(event))('result').of(tools.toolAt(event));
  if (typeof image === 'string') {
    into.unread.push({ ref: at.at('result').ref(), reason: 'image', bytes: image.length });
  } else textWithin(image, at.at('result'), into);
  if (kind === 'audio' && typeof delta === 'string') {
    const ref = answerPlaces(['audio', 'data'])('assistant').ref();
    into.unread.push({ ref, reason: 'audio', bytes: delta.length });
  } else if (kind === 'shell_call_output_content') {
    textWithin(delta, at.at('output', numberOf(event, 'command_index')), into);
  } else textWithin(delta, eventPlace(event), into);
  return into;
}

/** Where words of an event stand that belong to no item. */
function eventPlace(event: JsonObject): Place {
  return answerPlaces([...itemKeys(event), String(event['type'])])('assistant');
}

function joined(before: AnswerFacts, now: AnswerFacts): AnswerFacts {
  return {
    ...before,
    ...now,
    model: now.model ?? before.model,
    usage: now.usage ?? before.usage,
    finishReasons: now.finishReasons.length > 0 ? now.finishReasons : before.finishReasons,
  };
}
