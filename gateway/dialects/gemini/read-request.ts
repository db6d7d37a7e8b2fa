import { z } from 'zod';
import { addKey, type Collected } from '../collected.ts';
import { readDescriptions } from '../descriptions.ts';
import type { Read, RequestReading } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { createPlace, type Place } from '../place.ts';
import { shapeProblem } from '../shape-problem.ts';
import { camelEntries } from './camel-entries.ts';
import { type PartPlaces, readPart } from './read-parts.ts';
import { readTarget } from './target.ts';
import { textWithin } from './text-within.ts';

const parts = z.union([z.array(z.unknown()), z.looseObject({})], 'expected an array of parts').nullish();
const content = z.looseObject({ parts });
const contents = z.union([z.array(content), content, z.string()], 'expected an array of contents').nullish();
const instruction = z.union([content, z.string()], 'expected a content').nullish();
const geminiRequest = z.looseObject({
  contents,
  content: z.union([content, z.string()], 'expected a content').nullish(),
  systemInstruction: instruction,
  system_instruction: instruction,
  requests: z.array(z.looseObject({})).nullish(),
});

type Keys = readonly (string | number)[];

/** Settings whose strings reach no model, or name what is stored at the upstream. */
const SETTINGS = new Set([
  'model',
  'toolConfig',
  'safetySettings',
  'cachedContent',
  'labels',
  'taskType',
  'serviceTier',
  'store',
  'ttl',
  'expireTime',
]);

/** Every text of a request for content, for its tokens' count, for embeddings or for keeping contents. */
export function readRequest(body: unknown, target: string): Read<RequestReading> {
  const parsed = geminiRequest.safeParse(body);
  if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
  const into: Collected = { segments: [], unread: [] };
  // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
  const request = body as JsonObject;
  readBody(request, [], into);
  const { model, framing } = readTarget(target);
  return {
    ok: true,
    value: {
      ...into,
      model: model ?? modelNamed(request),
      isStreamed: framing !== null,
      conversation: null,
      opening: openingOf(request),
    },
  };
}

function readBody(body: JsonObject, keys: Keys, into: Collected): void {
  for (const [key, value, written] of camelEntries(body)) {
    if (SETTINGS.has(key)) continue;
    addKey(written, placesOf('user', [...keys, written]).words, into);
    readEntry(key, { value, keys: [...keys, written] }, into);
  }
}

function readEntry(
  key: string,
  { value, keys }: { readonly value: unknown; readonly keys: Keys },
  into: Collected,
): void {
  if (key === 'contents' || key === 'content') {
    for (const [each, at] of listed(value, keys)) readContent(each, at, { into });
  } else if (key === 'systemInstruction') readContent(value, keys, { into, role: 'system' });
  else if (key === 'generateContentRequest' && isObject(value)) readBody(value, keys, into);
  else if (key === 'requests') {
    for (const [each, at] of listed(value, keys)) {
      if (isObject(each)) readBody(each, at, into);
      else textWithin(each, placesOf('user', at).words, into);
    }
  } else if (key === 'tools' || key === 'generationConfig') {
    // Descriptions steer the model as a system prompt does, so they are read as one: a segment each tool.
    for (const [each, at] of listed(value, keys)) {
      readDescriptions(each, placesOf('system', at).words, into);
    }
  } else textWithin(value, placesOf('user', keys).words, into);
}

/** The items of a list with their places; what is no list is its only item. */
function listed(value: unknown, keys: Keys): [unknown, Keys][] {
  return Array.isArray(value) ? value.map((each, index) => [each, [...keys, index]]) : [[value, keys]];
}

function readContent(
  value: unknown,
  keys: Keys,
  { into, role }: { readonly into: Collected; readonly role?: 'system' },
): void {
  if (!isObject(value)) {
    textWithin(value, placesOf(role, keys).words, into);
    return;
  }
  const { parts, ...rest } = value;
  const speaker = role ?? value['role'];
  for (const [part, at] of listed(parts ?? [], [...keys, 'parts']))
    readPart(part, placesOf(speaker, at), into);
  textWithin(rest, placesOf(speaker, keys).words, into);
}

/** What each role is to rules. A model's earlier words are input: the caller supplies them. */
function placesOf(role: unknown, keys: Keys): PartPlaces {
  const result = createPlace({ side: 'request', target: 'tool_result', role: 'tool' }, keys);
  return {
    words: role === 'function' || role === 'tool' ? result : wordsOf(role, keys),
    call: createPlace({ side: 'request', target: 'tool_call', role: 'assistant' }, keys),
    result,
  };
}

function wordsOf(role: unknown, keys: Keys): Place {
  if (role === 'system') return createPlace({ side: 'request', target: 'system', role: 'system' }, keys);
  const speaker = role === 'model' ? 'assistant' : 'user';
  return createPlace({ side: 'request', target: 'input', role: speaker }, keys);
}

/** Where the path has no model the body may name one: `models/gemini-2.5-flash`. */
function modelNamed({ model }: JsonObject): string | null {
  return typeof model === 'string' ? model.slice(model.lastIndexOf('/') + 1) : null;
}

/** The system's instruction and everything up to the user's first words. */
function openingOf(request: JsonObject): string {
  const entries = new Map(camelEntries(request).map(([key, value]) => [key, value]));
  const list = [entries.get('contents') ?? entries.get('content') ?? []].flat() as unknown[];
  const isUser = (each: unknown) => isObject(each) && (each['role'] ?? 'user') === 'user';
  const firstUser = list.findIndex(isUser);
  const opening = list.slice(0, firstUser === -1 ? 1 : firstUser + 1);
  const said = opening.map((each) => (isObject(each) ? each['parts'] : each));
  const instruction = entries.get('systemInstruction');
  return JSON.stringify([(isObject(instruction) ? instruction['parts'] : instruction) ?? null, said]);
}
