import type { Collected } from '../collected.ts';
import type { AnswerReading, Read } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { answerPlace } from './answer-places.ts';
import { createChunkReader } from './read-chunks.ts';

/** Every text of a whole answer: all candidates with their calls and thoughts; or of an error, which of a stream comes
 *  as an array. That there was nothing to read, as of a count, is recorded as an empty segment `response`. */
export function readAnswer(body: unknown): Read<AnswerReading> {
  const chunks = Array.isArray(body) ? body : [body];
  const reader = createChunkReader({ isWhole: !Array.isArray(body) });
  const into: Collected = { segments: [], unread: [] };
  for (const [index, chunk] of chunks.entries()) {
    if (!isObject(chunk)) {
      const at = Array.isArray(body) ? `/${index}` : '';
      return { ok: false, problem: { at, message: 'the answer is not an object' } };
    }
    reader.read(withoutName(chunk), into);
  }
  const facts = reader.facts();
  if (into.segments.length + into.unread.length + facts.choices.length === 0) {
    into.segments.push({ ref: answerPlace().ref(), text: '' });
  }
  return { ok: true, value: { ...into, facts } };
}

/** What is kept at the upstream says how it is called, as `cachedContents/a1b2`. */
function withoutName(chunk: JsonObject): JsonObject {
  const { name, ...rest } = chunk;
  return typeof name === 'string' && /^[\w.-]+(\/[\w.-]+)+$/.test(name) ? rest : chunk;
}
