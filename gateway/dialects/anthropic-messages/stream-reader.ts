import { addWords, type Collected } from '../collected.ts';
import type { AnswerFacts, StreamEnd, StreamReader, TextReading } from '../dialect.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import type { Place } from '../place.ts';
import { createPlainJson, type PlainJson } from '../plain-json.ts';
import { unreadEvent } from '../unread-event.ts';
import { createCalledTools } from './called-tools.ts';
import { answerPlace, factsOf, readMessage } from './read-answer.ts';
import { isCall, readBlock, textWithin } from './read-blocks.ts';

/** A block of content that has begun. */
interface OpenBlock {
  /** With the tool that it calls, or whose result it is. */
  place: Place;
  readonly input: PlainJson;
  isCall: boolean;
  hasInput: boolean;
  citations: number;
}

/** Reads the events of one streamed message; a segment stands where it would in the whole answer. */
export function createStreamReader(): StreamReader {
  const open = new Map<number, OpenBlock>();
  const toolOf = createCalledTools();
  let facts: AnswerFacts = { model: null, finishReasons: [], usage: null, choices: [] };

  function readEvent(event: JsonObject, into: Collected): void {
    const { type, index } = event;
    const block = typeof index === 'number' ? blockAt(index) : null;
    textWithin(readKnown(event, block, into), answerPlace(), into);
    if (type === 'content_block_stop' && typeof index === 'number') close(index, into);
  }

  /** @returns what is left of the event */
  function readKnown(event: JsonObject, block: OpenBlock | null, into: Collected): JsonObject {
    const { type, message, content_block, delta, ...others } = event;
    if (type === 'content_block_delta' && block !== null) {
      readDelta(block, delta, into);
      return { type, message, content_block, ...others };
    }
    if (type === 'content_block_start' && block !== null) {
      begin(block, content_block, into);
      return { type, message, delta, ...others };
    }
    if (type === 'message_start' && isObject(message)) {
      readMessage(message, into);
      facts = factsOf(message);
      return { type, content_block, delta, ...others };
    }
    if (type !== 'message_delta' || !isObject(delta)) return event;
    textWithin(delta, answerPlace(), into);
    facts = joined(facts, delta, event['usage']);
    return { type, message, content_block, ...others };
  }

  function blockAt(index: number): OpenBlock {
    const known = open.get(index);
    if (known !== undefined) return known;
    const place = answerPlace().at('content', index);
    const fresh = { place, input: createPlainJson(), isCall: false, hasInput: false, citations: 0 };
    open.set(index, fresh);
    return fresh;
  }

  /** The input of a call is empty at its begin where it comes in pieces. */
  function begin(block: OpenBlock, content: unknown, into: Collected): void {
    nameBlock(block, toolOf(content), into);
    block.isCall = isObject(content) && isCall(content);
    block.hasInput = block.isCall && !hasEmptyInput(content);
    const isEmpty = block.isCall && !block.hasInput;
    readBlock(isEmpty ? { ...(content as object), input: null } : content, block.place, into);
  }

  function close(index: number, into: Collected): void {
    const block = open.get(index);
    if (block === undefined) return;
    endInput(block, into);
    if (block.isCall && !block.hasInput) addWords('{}', inputPlace(block), into);
    open.delete(index);
  }

  return {
    read(data) {
      const into: Collected = { segments: [], unread: [] };
      const event = parsed(data);
      if (isObject(event)) readEvent(event, into);
      else into.unread.push(unreadEvent(answerPlace(), data, event));
      return { ...into, isLast: isEnd(event) };
    },
    end(): TextReading {
      const into: Collected = { segments: [], unread: [] };
      for (const block of open.values()) endInput(block, into);
      return into;
    },
    facts: () => facts,
  };
}

/** Input that came before its block has begun was judged under no name, or under another. */
function nameBlock(block: OpenBlock, tool: string | undefined, into: Collected): void {
  const { place, hasInput } = block;
  block.place = place.of(tool);
  if (!hasInput || place.ref().tool === tool) return;
  const ref = block.place.as('tool_call').at('name').ref();
  into.unread.push({ ref, reason: 'bad_shape', bytes: Buffer.byteLength(tool ?? '') });
}

function readDelta(block: OpenBlock, delta: unknown, into: Collected): void {
  const { partial_json: json, citation, ...rest } = isObject(delta) ? delta : { delta };
  if (typeof json === 'string') {
    block.hasInput ||= json !== '';
    addWords(block.input.push(json), inputPlace(block), into);
  } else textWithin(json, inputPlace(block), into);
  if (citation !== undefined) {
    textWithin(citation, block.place.at('citations', block.citations), into);
    block.citations += 1;
  }
  textWithin(rest, block.place, into);
}

function hasEmptyInput(call: unknown): boolean {
  const { input } = call as { readonly input?: unknown };
  return input === undefined || (isObject(input) && Object.keys(input).length === 0);
}

function endInput(block: OpenBlock, into: Collected): void {
  addWords(block.input.end(), inputPlace(block), into);
}

function inputPlace({ place }: OpenBlock): Place {
  return place.as('tool_call').at('input');
}

/** Usage comes in two events, and the later one may leave out what the first has said. */
function joined(before: AnswerFacts, delta: JsonObject, usage: unknown): AnswerFacts {
  const { inputTokens: input_tokens, outputTokens: output_tokens } = before.usage ?? {};
  const now = factsOf({
    ...delta,
    usage: { input_tokens, output_tokens, ...(isObject(usage) ? usage : {}) },
  });
  return {
    ...before,
    usage: now.usage ?? before.usage,
    finishReasons: [...before.finishReasons, ...now.finishReasons],
  };
}

const END_TYPES: ReadonlySet<unknown> = new Set(['message_stop', 'error']);

export const streamEnd: StreamEnd = {
  marks: ['message_stop', 'error'],
  isLast: (data) => isEnd(parsed(data)),
};

function isEnd(event: unknown): boolean {
  return isObject(event) && END_TYPES.has(event['type']);
}
