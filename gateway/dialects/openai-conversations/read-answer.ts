import type { Collected } from '../collected.ts';
import type { AnswerReading, Read } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { createCalledTools, placesOf } from '../openai-responses/called-tools.ts';
import { factsOf } from '../openai-responses/read-answer.ts';
import { answerPlaces, readItem } from '../openai-responses/read-items.ts';
import { readItemList } from '../openai-responses/read-list.ts';
import { textWithin } from '../openai-responses/text-within.ts';

/** Every text of a list of items, of one item, or of an error. A conversation itself has none: what is said of it is
 *  the caller's own metadata, and that there was nothing to read is recorded as an empty segment `response`. */
export function readAnswer(body: unknown): Read<AnswerReading> {
  if (!isObject(body)) return { ok: false, problem: { at: '', message: 'the answer is not an object' } };
  if (body['object'] === 'list' && !Array.isArray(body['data'])) {
    return { ok: false, problem: { at: '/data', message: 'data is not an array' } };
  }
  const into: Collected = { segments: [], unread: [] };
  readBody(body, into);
  if (into.segments.length + into.unread.length === 0) {
    into.segments.push({ ref: answerPlaces([])('assistant').ref(), text: '' });
  }
  const { id, object } = body;
  const isNamed = typeof id === 'string' && object === 'conversation';
  return { ok: true, value: { ...into, facts: { ...factsOf(body), ...(isNamed && { id }) } } };
}

function readBody(body: JsonObject, into: Collected): void {
  const { data, metadata, ...rest } = body;
  if (typeof body['type'] === 'string') {
    readItem(body, placesOf(answerPlaces([]), createCalledTools()(body)), into);
    return;
  }
  if (Array.isArray(data)) readItemList(data, (index) => answerPlaces(['data', index]), into);
  else textWithin({ data }, answerPlaces([])('assistant'), into);
  const echoed = body['object'] === 'conversation' ? {} : { metadata };
  textWithin({ ...rest, ...echoed }, answerPlaces([])('assistant'), into);
}
