import { addWords, type Collected } from '../collected.ts';
import { readDescriptions } from '../descriptions.ts';
import { isIdentifier } from '../identifier.ts';
import { isObject, type JsonObject, jsonOf } from '../json-values.ts';
import { createPlace, type Place } from '../place.ts';
import { plainJson } from '../plain-json.ts';
import { readContent } from './read-parts.ts';
import { skip, textWithin } from './text-within.ts';

/** Whose words they are. `tools`: what tools say of themselves; `unknown`: nothing tells. */
export type Voice = 'system' | 'user' | 'assistant' | 'call' | 'result' | 'tools' | 'unknown';

/** The same place for every voice. */
export type PlaceOf = (voice: Voice) => Place;

type Keys = readonly (string | number)[];

/** Places in a request. An assistant's earlier words are input: the caller supplies them. */
export function requestPlaces(keys: Keys): PlaceOf {
  return (voice) => createPlace({ side: 'request', ...REQUEST[voice] }, keys);
}

/** Places in an answer. What the upstream's own tools found is output there: what the client is about to get. Messages
 *  of others than the assistant are the caller's own, kept by the upstream: no model says them now. */
export function answerPlaces(keys: Keys): PlaceOf {
  return (voice) => {
    if (voice === 'user' || voice === 'system') {
      return createPlace({ side: 'response', ...REQUEST[voice] }, keys);
    }
    const target = voice === 'call' ? 'tool_call' : 'output';
    return createPlace({ side: 'response', target, role: 'assistant' }, keys);
  };
}

const REQUEST = {
  system: { target: 'system', role: 'system' },
  user: { target: 'input', role: 'user' },
  assistant: { target: 'input', role: 'assistant' },
  call: { target: 'tool_call', role: 'assistant' },
  result: { target: 'tool_result', role: 'tool' },
  tools: { target: 'system', role: 'system' },
  unknown: { target: 'input', role: 'user' },
} as const;

const ROLES: ReadonlyMap<unknown, Voice> = new Map([
  ['user', 'user'],
  ['system', 'system'],
  ['developer', 'system'],
  ['assistant', 'assistant'],
  ['tool', 'result'],
]);

/** One item of an input or an output. All strings of a kind that nobody knows are read as well. */
export function readItem(item: unknown, placeOf: PlaceOf, into: Collected): void {
  if (!isObject(item)) textWithin(item, placeOf('unknown'), into);
  else if (isMessage(item)) readMessage(item, placeOf(ROLES.get(item['role']) ?? 'unknown'), into);
  else if (isCall(item)) readCall(item, placeOf, into);
  else readOther(item, placeOf, into);
}

function isMessage({ type, role }: JsonObject): boolean {
  return type === 'message' || (type === undefined && role !== undefined);
}

/** `function_call`, `web_search_call` and their like. */
export function isCall({ type }: JsonObject): boolean {
  return typeof type === 'string' && /^([a-z]+_)*call$|^program$|^mcp_approval_request$/.test(type);
}

function readMessage({ content, ...rest }: JsonObject, place: Place, into: Collected): void {
  readContent(content, place.at('content'), into);
  textWithin(rest, place, into);
}

/** What is asked for is a call, what came of it a result. */
function readCall(item: JsonObject, placeOf: PlaceOf, into: Collected): void {
  const { name, arguments: given, input, code, output, outputs, results, result, error, ...rest } = item;
  const [call, found] = [placeOf('call'), placeOf('result')];
  if (typeof name !== 'string' || !isIdentifier(name)) textWithin(name, call.at('name'), into);
  readArguments(given, call.at('arguments'), into);
  readContent(input, call.at('input'), into);
  readContent(code, call.at('code'), into);
  textWithin(rest, call, into);
  textWithin({ output, outputs, results, error }, found, into);
  if (item['type'] !== 'image_generation_call') textWithin({ result }, found, into);
  else if (typeof result !== 'string') textWithin(result, found.at('result'), into);
  else if (result !== '') skip({ result }, found.at('result'), into, 'image');
}

/** Arguments are JSON, as text mostly. */
function readArguments(given: unknown, place: Place, into: Collected): void {
  if (given === undefined || given === null) return;
  const text = typeof given === 'string' ? plainJson(given) : jsonOf(given);
  if (text === null) into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
  else addWords(text, place, into);
}

/** Outputs of calls, reasoning, lists of tools, and what nobody knows. */
function readOther(item: JsonObject, placeOf: PlaceOf, into: Collected): void {
  const { output, summary, content, tools, ...rest } = item;
  const { type } = item;
  const isOutput = typeof type === 'string' && type.endsWith('_output');
  const place = placeOf(isOutput ? 'result' : type === 'reasoning' ? 'assistant' : 'unknown');
  readContent(output, place.at('output'), into);
  readContent(summary, place.at('summary'), into);
  readContent(content, place.at('content'), into);
  readTools(tools, placeOf('tools').at('tools'), into);
  textWithin(rest, place, into);
}

/** Descriptions steer the model as a system prompt does: a segment each tool. */
export function readTools(tools: unknown, place: Place, into: Collected): void {
  if (!Array.isArray(tools)) textWithin(tools, place, into);
  for (const [index, tool] of (Array.isArray(tools) ? tools : []).entries()) {
    readDescriptions(tool, place.at(index), into);
  }
}
