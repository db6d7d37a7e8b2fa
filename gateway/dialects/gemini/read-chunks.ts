import { createChangedTexts } from '../changed-texts.ts';
import type { Collected } from '../collected.ts';
import type { AnswerFacts, TextSegment } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { answerPlace, candidatePlaces } from './answer-places.ts';
import { camelEntries } from './camel-entries.ts';
import { createPartRuns, type PartRuns } from './part-runs.ts';
import { readPart } from './read-parts.ts';
import { textWithin } from './text-within.ts';

/** Reads an answer, which comes in one chunk or in many of the same form. */
export interface ChunkReader {
  /** @returns whether nothing more will come of any candidate so far */
  read(chunk: JsonObject, into: Collected): boolean;
  facts(): AnswerFacts;
}

export function createChunkReader(shape: { readonly isWhole: boolean }): ChunkReader {
  const runs = new Map<number, PartRuns>();
  // What stands beside the content is repeated in every chunk.
  const readRepeated = createChangedTexts(textWithin);
  const said = new Map<number, string>();
  const open = new Set<number>();
  let facts: AnswerFacts = { model: null, finishReasons: [], usage: null, choices: [] };

  function readCandidate(candidate: JsonObject, index: number, into: Collected): void {
    const { content, ...rest } = candidate;
    const before = said.get(index) ?? '';
    if (before.length < MAX_SAID) said.set(index, before + textOf(content));
    readBeside(rest, index, into);
    if (!isObject(content)) {
      textWithin(content, candidatePlaces(index, 'content').words, into);
      return;
    }
    const { parts, ...others } = content;
    textWithin(others, candidatePlaces(index, 'content').words, into);
    for (const part of Array.isArray(parts) ? parts : [parts ?? {}]) {
      const { number, tool } = runsOf(index).take(part);
      const places = candidatePlaces(index, 'content', 'parts', number);
      readPart(part, { ...places, call: places.call.of(tool) }, into);
    }
  }

  /** What a source supports is the candidate's own text once more; what is not, is read. */
  function readBeside(rest: JsonObject, index: number, into: Collected): void {
    const beside: Collected = { segments: [], unread: into.unread };
    readRepeated(rest, candidatePlaces(index).words, beside);
    const isEcho = ({ ref, text }: TextSegment) =>
      SUPPORT.test(ref.pointer) && said.get(index)?.includes(text) === true;
    for (const segment of beside.segments) if (!isEcho(segment)) into.segments.push(segment);
  }

  function runsOf(index: number): PartRuns {
    const known = runs.get(index) ?? createPartRuns(shape);
    runs.set(index, known);
    return known;
  }

  return {
    read(chunk, into) {
      const { candidates, ...rest } = chunk;
      readRepeated(rest, answerPlace(), into);
      const list = Array.isArray(candidates) ? candidates.filter(isObject) : [];
      // A candidate's place is its own, so what is none keeps its number.
      const others = Array.isArray(candidates)
        ? candidates.map((one) => (isObject(one) ? null : one))
        : candidates;
      textWithin(others, answerPlace().at('candidates'), into);
      const now = factsOf(chunk, list);
      for (const [order, candidate] of list.entries()) {
        const index = indexOf(candidate, order);
        readCandidate(candidate, index, into);
        if (finishOf(candidate) === null) open.add(index);
        else open.delete(index);
      }
      facts = joined(facts, now);
      const isEnd = now.finishReasons.length > 0 || isObject(chunk['error']);
      return isEnd && open.size === 0;
    },
    facts: () => facts,
  };
}

/** So many characters of a candidate are kept to tell its own words by; what sources say of later ones is read again. */
const MAX_SAID = 1_000_000;

const SUPPORT = /\/grounding_?supports\//i;

/** The words of all parts, one after another. */
function textOf(content: unknown): string {
  const parts = isObject(content) && Array.isArray(content['parts']) ? content['parts'] : [];
  const texts = parts.map((part) => (isObject(part) ? part['text'] : undefined));
  return texts.filter((text) => typeof text === 'string').join('');
}

/** A candidate without an index is known by its order. */
export function indexOf(candidate: JsonObject, order: number): number {
  return typeof candidate['index'] === 'number' ? candidate['index'] : order;
}

export function finishOf(candidate: JsonObject): string | null {
  const reason = candidate['finishReason'] ?? candidate['finish_reason'];
  return typeof reason === 'string' ? reason : null;
}

function factsOf(chunk: JsonObject, candidates: readonly JsonObject[]): AnswerFacts {
  const entries = new Map(camelEntries(chunk).map(([key, value]) => [key, value]));
  const model = entries.get('modelVersion');
  const feedback = entries.get('promptFeedback');
  const blocked = isObject(feedback) ? (feedback['blockReason'] ?? feedback['block_reason']) : null;
  const reasons = [...candidates.map(finishOf), blocked];
  return {
    model: typeof model === 'string' ? model : null,
    finishReasons: reasons.filter((reason) => typeof reason === 'string'),
    usage: usageOf(entries.get('usageMetadata')),
    choices: candidates.map(indexOf),
  };
}

/** Thoughts are output that is counted apart. */
function usageOf(usage: unknown): AnswerFacts['usage'] {
  if (!isObject(usage)) return null;
  const counts = new Map(camelEntries(usage).map(([key, value]) => [key, value]));
  const number = (key: string) => {
    const count = counts.get(key);
    return typeof count === 'number' ? count : 0;
  };
  if (typeof counts.get('promptTokenCount') !== 'number') return null;
  return {
    inputTokens: number('promptTokenCount') + number('toolUsePromptTokenCount'),
    outputTokens: number('candidatesTokenCount') + number('thoughtsTokenCount'),
  };
}

function joined(before: AnswerFacts, now: AnswerFacts): AnswerFacts {
  return {
    model: now.model ?? before.model,
    usage: now.usage ?? before.usage,
    finishReasons: [...before.finishReasons, ...now.finishReasons],
    choices: [...new Set([...before.choices, ...now.choices])].sort((a, b) => a - b),
  };
}
