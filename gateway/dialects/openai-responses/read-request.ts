import { z } from 'zod';
import { addKey, type Collected } from '../collected.ts';
import { readDescriptions } from '../descriptions.ts';
import type { Read, RequestReading } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { conversationIn } from '../metadata-conversation.ts';
import { namedUser } from '../named-user.ts';
import { shapeProblem } from '../shape-problem.ts';
import { readTools, requestPlaces } from './read-items.ts';
import { readItemList } from './read-list.ts';
import { readContent } from './read-parts.ts';
import { textWithin } from './text-within.ts';

const items = z.array(z.looseObject({}));
const responsesRequest = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), items], { error: 'expected a string or an array of items' }).nullish(),
  instructions: z.union([z.string(), items], { error: 'expected a string or an array of items' }).nullish(),
  stream: z.boolean().nullish(),
  tools: items.nullish(),
  prompt: z.looseObject({}).nullish(),
  conversation: z
    .union([z.string(), z.looseObject({ id: z.string() })], { error: 'expected an id or an object with one' })
    .nullish(),
  previous_response_id: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

type ResponsesRequest = z.infer<typeof responsesRequest>;

/** Settings whose strings reach no model. */
const SETTINGS = [
  'model',
  'stream',
  'conversation',
  'previous_response_id',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'service_tier',
  'include',
  'reasoning',
  'truncation',
  'tool_choice',
  'stream_options',
  'moderation',
  'image',
  'access_programs',
];

/** Every text of a request for a response, for its tokens' count or for a compaction. What an id refers to stands
 *  at the upstream and has passed before. */
export function readRequest(body: unknown): Read<RequestReading> {
  const parsed = responsesRequest.safeParse(body);
  if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
  // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
  const request = body as ResponsesRequest;
  const { input, instructions, tools, prompt, text, context_management: context, ...rest } = request;
  const into: Collected = { segments: [], unread: [] };
  readWords(instructions, 'instructions', into);
  readWords(input, 'input', into);
  readTools(tools, requestPlaces(['tools'])('tools'), into);
  readPrompt(prompt, into);
  readFormat(text, into);
  readDescriptions(context, requestPlaces(['context_management'])('system'), into);
  for (const setting of SETTINGS) delete rest[setting];
  textWithin(rest, requestPlaces([])('user'), into);
  return {
    ok: true,
    value: {
      ...into,
      model: request.model ?? null,
      isStreamed: request.stream === true,
      conversation: conversationOf(request),
      ...namedUser(request),
      ...(request.previous_response_id != null && { continues: request.previous_response_id }),
      opening: openingOf(request),
    },
  };
}

function readWords(words: unknown, key: 'input' | 'instructions', into: Collected): void {
  const places = requestPlaces([key]);
  if (Array.isArray(words)) readItemList(words, (index) => requestPlaces([key, index]), into);
  else readContent(words, places(key === 'input' ? 'user' : 'system'), into);
}

/** A prompt that the upstream stores is filled with words of the caller's. */
function readPrompt(prompt: ResponsesRequest['prompt'], into: Collected): void {
  const { variables, ...rest } = prompt ?? {};
  const place = requestPlaces(['prompt'])('user');
  if (!isObject(variables)) textWithin(variables, place.at('variables'), into);
  else {
    for (const [name, value] of Object.entries(variables)) {
      addKey(name, place.at('variables', name), into);
      readContent(value, place.at('variables', name), into);
    }
  }
  const { version: _version, ...unknown } = rest;
  textWithin(unknown, place, into);
}

/** A schema's descriptions steer the model as a system prompt does. */
function readFormat(text: unknown, into: Collected): void {
  const { verbosity: _verbosity, format, ...rest }: JsonObject = isObject(text) ? text : {};
  const at = requestPlaces(['text']);
  readDescriptions(format, at('system').at('format'), into);
  textWithin(isObject(text) ? rest : text, at('user'), into);
}

function conversationOf({ conversation, metadata }: ResponsesRequest): string | null {
  if (conversation == null) return conversationIn(metadata);
  return typeof conversation === 'string' ? conversation : conversation.id;
}

/** The instructions and everything up to the user's first words. */
function openingOf({ instructions, input }: ResponsesRequest): string {
  const list = typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
  const firstUser = list.findIndex(({ role }) => role === 'user');
  const opening = list.slice(0, firstUser === -1 ? 1 : firstUser + 1);
  const said = opening.map(({ role, content }) => [role ?? null, asParts(content)]);
  return JSON.stringify([instructions ?? null, said]);
}

/** A string is short for one part. */
function asParts(content: unknown): unknown {
  return typeof content === 'string' ? [{ type: 'input_text', text: content }] : (content ?? null);
}
