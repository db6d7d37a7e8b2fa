import { z } from 'zod';
import type { Role } from '../../../detectors/index.ts';
import type { SegmentRef } from '../../../rules/index.ts';
import { withoutCacheMarks } from '../cache-marks.ts';
import type { Collected } from '../collected.ts';
import { readDescriptions } from '../descriptions.ts';
import type { Read, RequestReading } from '../dialect.ts';
import { isObject } from '../json-values.ts';
import { conversationIn } from '../metadata-conversation.ts';
import { namedUser } from '../named-user.ts';
import { deploymentIn } from '../openai-bases.ts';
import { createPlace, type Place } from '../place.ts';
import { readPublishedTarget } from '../vertex-models.ts';
import { createCalledTools } from './called-tools.ts';
import { readCall, readContent, readName, readToolCalls } from './read-content.ts';
import { textWithin } from './text-within.ts';

const part = z.looseObject({ type: z.string() });
const message = z.looseObject({
  role: z.string(),
  content: z
    .union([z.string(), z.array(part)], { error: 'expected a string or an array of parts' })
    .nullish(),
  tool_calls: z.array(z.looseObject({})).nullish(),
});
const chatRequest = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({})).nullish(),
  functions: z.array(z.looseObject({})).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

type Message = z.infer<typeof message>;
type ChatRequest = z.infer<typeof chatRequest>;

/** Settings whose strings reach no model. */
const SETTINGS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
  'stop',
  'logit_bias',
  'tool_choice',
  'function_call',
  'modalities',
  'audio',
  'reasoning_effort',
  'verbosity',
]);

/** What each role of OpenAI's is to rules. An assistant's earlier words are input: the caller supplies them. */
const ROLES: Readonly<Record<string, readonly [Role, SegmentRef['target']]>> = {
  system: ['system', 'system'],
  developer: ['system', 'system'],
  user: ['user', 'input'],
  assistant: ['assistant', 'input'],
  tool: ['tool', 'tool_result'],
  function: ['tool', 'tool_result'],
};

/** Every text of a chat request: all messages of all roles, calls and results, what tools and the form of the answer say
 *  of themselves, and all strings under keys that nobody knows. */
export function readRequest(body: unknown, target: string): Read<RequestReading> {
  const described = describeRequest(body, target);
  // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
  if (described.ok) listTexts(body as ChatRequest, described.value);
  return described;
}

/** What a chat request is, with none of its texts listed. */
export function describeRequest(body: unknown, target: string): Read<RequestReading & Collected> {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
  const request = body as ChatRequest;
  const { messages, model, stream, metadata } = request;
  const published = readPublishedTarget(target);
  return {
    ok: true,
    value: {
      segments: [],
      unread: [],
      model: deploymentIn(target) ?? published.model ?? model ?? null,
      isStreamed: stream === true || published.isStreamed,
      conversation: conversationIn(metadata),
      ...namedUser(request),
      opening: openingOf(messages),
    },
  };
}

function listTexts(request: ChatRequest, into: Collected): void {
  const toolOf = createCalledTools();
  for (const [index, each] of request.messages.entries()) {
    readMessage(each, placeOf(each, index).of(toolOf(each)), into);
  }
  readTools(request, into);
  readRest(request, into);
}

function placeOf({ role }: Message, index: number): Place {
  const known = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
  const [as, target] = known ?? (['user', 'input'] as const);
  return createPlace({ side: 'request', target, role: as }, ['messages', index]);
}

function readMessage(each: Message, place: Place, into: Collected): void {
  const { content, tool_calls, function_call, name, ...rest } = each;
  readContent(content, place.at('content'), into);
  readToolCalls(tool_calls, place.at('tool_calls'), into);
  readCall(function_call, place.at('function_call').as('tool_call'), into);
  readName(name, place.at('name'), into);
  textWithin(rest, place, into);
}

/** Descriptions steer the model as a system prompt does, so they are read as one: a segment each tool. */
function readTools({ tools, functions, prediction }: ChatRequest, into: Collected): void {
  const place = createPlace({ side: 'request', target: 'system', role: 'system' });
  for (const [key, list] of Object.entries({ tools, functions })) {
    for (const [index, tool] of (list ?? []).entries()) {
      readDescriptions(tool, place.at(key, index), into);
    }
  }
  const { content, ...rest } = isObject(prediction) ? prediction : {};
  readContent(content, predictionPlace().at('content'), into);
  textWithin(isObject(prediction) ? rest : prediction, predictionPlace(), into);
}

function readRest(request: ChatRequest, into: Collected): void {
  const {
    messages: _messages,
    tools: _tools,
    functions: _functions,
    prediction: _prediction,
    ...rest
  } = request;
  const { response_format: format, ...others }: Record<string, unknown> = rest;
  const system = createPlace({ side: 'request', target: 'system', role: 'system' }, ['response_format']);
  readDescriptions(format, system, into);
  const texts = Object.entries(others).filter(([key]) => !SETTINGS.has(key));
  if (texts.length === 0) return;
  textWithin(
    Object.fromEntries(texts),
    createPlace({ side: 'request', target: 'input', role: 'user' }),
    into,
  );
}

function predictionPlace(): Place {
  return createPlace({ side: 'request', target: 'input', role: 'assistant' }, ['prediction']);
}

function openingOf(messages: readonly Message[]): string {
  const firstUser = messages.findIndex(({ role }) => role === 'user');
  const opening = messages.slice(0, firstUser === -1 ? 1 : firstUser + 1);
  const said = opening.map(({ role, content }) => [role, asParts(content)]);
  return JSON.stringify(said, withoutCacheMarks);
}

/** Clients write a string as a part to hang a mark for the cache on it. */
function asParts(content: Message['content']): unknown {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? null);
}

function shapeProblem(error: z.ZodError): { at: string; message: string } {
  const issue = error.issues[0];
  const path = issue?.path ?? [];
  const at = path.map((key) => `/${String(key)}`).join('');
  const name = path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
  return { at, message: `${name === '' ? 'the body' : name}: ${issue?.message ?? 'wrong shape'}` };
}
