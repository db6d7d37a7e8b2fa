import { z } from 'zod';
import type { Role } from '../../../detectors/index.ts';
import type { SegmentRef } from '../../../rules/index.ts';
import type { Collected } from '../collected.ts';
import type { Read, RequestReading } from '../dialect.ts';
import { createPlace } from '../place.ts';
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

/** What each role is to rules. An assistant's earlier words are input: the caller supplies them. */
const ROLES: ReadonlyMap<string, readonly [Role, SegmentRef['target']]> = new Map([
  ['system', ['system', 'system']],
  ['user', ['user', 'input']],
  ['assistant', ['assistant', 'input']],
]);

/** Every text of a request for a message or for its tokens' count: the system prompt, all messages with calls and
 *  results, and what tools say of themselves. */
export function readRequest(body: unknown): Read<RequestReading> {
  const parsed = messagesRequest.safeParse(body);
  if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
  // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
  const request = body as MessagesRequest;
  const into: Collected = { segments: [], unread: [] };
  const system = createPlace({ side: 'request', target: 'system', role: 'system' });
  readContent(request.system, system.at('system'), into);
  for (const [index, each] of request.messages.entries()) readMessage(each, index, into);
  for (const [index, tool] of (request.tools ?? []).entries()) {
    // Descriptions steer the model as a system prompt does, so they are read as one: a segment each tool.
    const text = descriptionsIn(tool).join('\n');
    if (text !== '') into.segments.push({ ref: system.at('tools', index).ref(), text });
  }
  const { model, stream } = request;
  return {
    ok: true,
    value: {
      ...into,
      model: model ?? null,
      isStreamed: stream === true,
      conversation: null,
      opening: openingOf(request),
    },
  };
}

function readMessage({ role, content: words, ...rest }: Message, index: number, into: Collected): void {
  const [as, target] = ROLES.get(role) ?? (['user', 'input'] as const);
  const keys = ['messages', index];
  const place = createPlace({ side: 'request', target, role: as }, keys);
  const result = createPlace({ side: 'request', target: 'tool_result', role: 'tool' }, keys);
  if (!Array.isArray(words)) readContent(words, place.at('content'), into);
  else {
    for (const [order, each] of words.entries()) {
      readBlock(each, (isResult(each) ? result : place).at('content', order), into);
    }
  }
  textWithin(rest, place, into);
}

function descriptionsIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'description' && typeof inner === 'string' ? [inner] : descriptionsIn(inner),
  );
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

/** Such marks move from turn to turn. */
function withoutCacheMarks(key: string, value: unknown): unknown {
  return key === 'cache_control' ? undefined : value;
}

function shapeProblem(error: z.ZodError): { at: string; message: string } {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const name = path.length === 0 ? 'the body' : path.join('.');
  return {
    at: path.map((key) => `/${key}`).join(''),
    message: `${name}: ${issue?.message ?? 'wrong shape'}`,
  };
}
