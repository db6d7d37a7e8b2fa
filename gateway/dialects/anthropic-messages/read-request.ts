import { z } from 'zod';
import type { Role } from '../../../detectors/index.ts';
import type { SegmentRef } from '../../../rules/index.ts';
import { withoutCacheMarks } from '../cache-marks.ts';
import type { Collected } from '../collected.ts';
import { readDescriptions } from '../descriptions.ts';
import type { Read, RequestReading } from '../dialect.ts';
import { namedUser } from '../named-user.ts';
import { createPlace } from '../place.ts';
import { shapeProblem } from '../shape-problem.ts';
import type { ToolOf } from '../tool-name.ts';
import { readPublishedTarget } from '../vertex-models.ts';
import { createCalledTools } from './called-tools.ts';
import { isResult, readBlock, readContent, textWithin } from './read-blocks.ts';

const block = z.looseObject({ type: z.string() });
const content = z
  .union([z.string(), z.array(block)], { error: 'expected a string or an array of blocks' })
  .nullish();
const message = z.looseObject({ role: z.string(), content });
const messagesRequest = z.looseObject({
  model: z.string().nullish(),
  system: content,
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({})).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

type MessagesRequest = z.infer<typeof messagesRequest>;
type Message = z.infer<typeof message>;

/** Settings whose strings reach no model, or are keys for servers. */
const SETTINGS = [
  'model',
  'anthropic_version',
  'anthropic_beta',
  'stream',
  'metadata',
  'stop_sequences',
  'tool_choice',
  'thinking',
  'service_tier',
  'container',
  'mcp_servers',
  'betas',
  'inference_geo',
  'cache_control',
  'speed',
];

/** What each role is to rules. An assistant's earlier words are input: the caller supplies them. */
const ROLES: ReadonlyMap<string, readonly [Role, SegmentRef['target']]> = new Map([
  ['system', ['system', 'system']],
  ['user', ['user', 'input']],
  ['assistant', ['assistant', 'input']],
]);

/** Every text of a request for a message or for its tokens' count: the system prompt, all messages with calls and
 *  results, what tools and the form of the answer say of themselves, and all strings under keys that nobody knows. */
export function readRequest(body: unknown, target: string): Read<RequestReading> {
  const parsed = messagesRequest.safeParse(body);
  if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
  // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
  const request = body as MessagesRequest;
  const into: Collected = { segments: [], unread: [] };
  const system = createPlace({ side: 'request', target: 'system', role: 'system' });
  readContent(request.system, system.at('system'), { into });
  const toolOf = createCalledTools();
  for (const [index, each] of request.messages.entries()) readMessage(each, index, { into, toolOf });
  for (const [index, tool] of (request.tools ?? []).entries()) {
    // Descriptions steer the model as a system prompt does, so they are read as one: a segment each tool.
    readDescriptions(tool, system.at('tools', index), into);
  }
  readRest(request, into);
  const { model, stream } = request;
  const published = readPublishedTarget(target);
  return {
    ok: true,
    value: {
      ...into,
      model: published.model ?? model ?? null,
      isStreamed: stream === true || published.isStreamed,
      conversation: null,
      ...namedUser(request),
      opening: openingOf(request),
    },
  };
}

function readRest(request: MessagesRequest, into: Collected): void {
  const { system: _system, messages: _messages, tools: _tools, ...rest } = request;
  const { output_config, output_format, context_management, ...others }: Record<string, unknown> = rest;
  const system = createPlace({ side: 'request', target: 'system', role: 'system' });
  // How the context is to be summed up is an instruction too.
  for (const [key, form] of Object.entries({ output_config, output_format, context_management })) {
    readDescriptions(form, system.at(key), into);
  }
  for (const setting of SETTINGS) delete others[setting];
  textWithin(others, createPlace({ side: 'request', target: 'input', role: 'user' }), into);
}

function readMessage(
  { role, content: words, ...rest }: Message,
  index: number,
  { into, toolOf }: { readonly into: Collected; readonly toolOf: ToolOf },
): void {
  const [as, target] = ROLES.get(role) ?? (['user', 'input'] as const);
  const keys = ['messages', index];
  const place = createPlace({ side: 'request', target, role: as }, keys);
  const result = createPlace({ side: 'request', target: 'tool_result', role: 'tool' }, keys);
  if (!Array.isArray(words)) readContent(words, place.at('content'), { into });
  else {
    for (const [order, each] of words.entries()) {
      const at = (isResult(each) ? result : place).at('content', order);
      readBlock(each, at.of(toolOf(each)), into);
    }
  }
  textWithin({ role, ...rest }, place, into);
}

/** `user_id` names a person and not a conversation, so it counts together with the first words. */
function openingOf({ metadata, system, messages }: MessagesRequest): string {
  const firstUser = messages.findIndex(({ role }) => role === 'user');
  const opening = messages.slice(0, firstUser === -1 ? 1 : firstUser + 1);
  const said = opening.map(({ role, content: words }) => [role, asBlocks(words)]);
  return JSON.stringify([metadata?.['user_id'] ?? null, asBlocks(system), said], withoutCacheMarks);
}

/** Clients write a string as a block to hang a mark for the cache on it. */
function asBlocks(words: Message['content']): unknown {
  return typeof words === 'string' ? [{ type: 'text', text: words }] : (words ?? null);
}
