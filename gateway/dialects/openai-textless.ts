import type { Collected } from './collected.ts';
import type { AnswerReading, Block, Dialect, DialectWords, OwnAnswer, Read } from './dialect.ts';
import { isObject } from './json-values.ts';
import { type Base, offeredBelow } from './openai-bases.ts';
import { answerPlace, factsOf } from './openai-chat/read-answer.ts';
import { createStreamPlaces } from './openai-chat/stream-places.ts';
import { createStreamReader } from './openai-chat/stream-reader.ts';
import { textWithin } from './openai-chat/text-within.ts';
import { blockedRequest, error, errorEvent } from './openai-errors.ts';
import { createInputReader } from './openai-input.ts';

export interface TextlessParts {
  readonly name: string;
  readonly words: DialectWords;
  readonly path: string;
  /** Where others offer it. */
  readonly bases: readonly Base[];
  /** Where the answer's items stand. */
  readonly list: 'data' | 'results';
  /** What of one item may hold text; numbers and names left out. */
  readonly mayHoldText: (item: Record<string, unknown>) => object;
  /** A well-formed answer without items. */
  readonly emptyAnswer: (block: Block) => object;
}

/** A dialect of OpenAI's with words in the request and only numbers in the answer. What stands in an answer all
 *  the same, an error's message or a field that nobody knew, is read; that there was nothing to read is recorded
 *  as an empty segment `response`. */
export function createTextlessDialect(parts: TextlessParts): Dialect {
  return {
    name: parts.name,
    words: parts.words,
    routes: offeredBelow(parts.bases, [{ method: 'POST', path: parts.path, reads: 'text' }]),
    readRequest: createInputReader('input'),
    readAnswer: (body) => readAnswer(body, parts),
    createStreamReader,
    createStreamPlaces,
    blockedRequest,
    blockedAnswer: (block) => blockedAnswer(block, parts),
    createStreamEnding: () => ({
      sent: () => {},
      blocked: (block) => `data: ${blockedRequest(block).body}\n\ndata: [DONE]\n\n`,
    }),
    error,
    errorEvent,
  };
}

function readAnswer(body: unknown, { list, mayHoldText }: TextlessParts): Read<AnswerReading> {
  if (!isObject(body)) return { ok: false, problem: { at: '', message: 'the answer is not an object' } };
  const { [list]: items, ...rest } = body;
  const into: Collected = { segments: [], unread: [] };
  textWithin(rest, answerPlace(), into);
  const wordy = Array.isArray(items)
    ? items.map((item) => (isObject(item) ? mayHoldText(item) : item))
    : items;
  textWithin(wordy, answerPlace().at(list), into);
  if (into.segments.length + into.unread.length === 0) {
    into.segments.push({ ref: answerPlace().ref(), text: '' });
  }
  return { ok: true, value: { ...into, facts: { ...factsOf(body, []), usage: usageOf(body['usage']) } } };
}

function usageOf(usage: unknown): { inputTokens: number; outputTokens: number } | null {
  const tokens = isObject(usage) ? usage['prompt_tokens'] : undefined;
  return typeof tokens === 'number' ? { inputTokens: tokens, outputTokens: 0 } : null;
}

/** Well formed and empty, with the error beside it for those who look. */
function blockedAnswer(block: Block, { emptyAnswer }: TextlessParts): OwnAnswer {
  const { contentType, body } = blockedRequest(block);
  return { contentType, body: JSON.stringify({ ...emptyAnswer(block), ...JSON.parse(body) }) };
}
