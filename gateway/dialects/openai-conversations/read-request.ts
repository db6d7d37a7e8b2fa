import { z } from 'zod';
import type { Collected } from '../collected.ts';
import type { Read, RequestReading } from '../dialect.ts';
import type { JsonObject } from '../json-values.ts';
import { requestPlaces } from '../openai-responses/read-items.ts';
import { readItemList } from '../openai-responses/read-list.ts';
import { textWithin } from '../openai-responses/text-within.ts';
import { shapeProblem } from '../shape-problem.ts';
import { conversationIn } from './target.ts';

const conversationRequest = z.looseObject({
  items: z.array(z.looseObject({}), 'expected an array of items').nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

/** Every text of what a conversation is to begin or to go on with. Metadata reach no model. */
export function readRequest(body: unknown, target: string): Read<RequestReading> {
  const parsed = conversationRequest.safeParse(body);
  if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
  const into: Collected = { segments: [], unread: [] };
  // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
  const { items, metadata: _metadata, ...rest } = body as JsonObject;
  const list = Array.isArray(items) ? items : [];
  readItemList(list, (index) => requestPlaces(['items', index]), into);
  textWithin(rest, requestPlaces([])('user'), into);
  const conversation = conversationIn(target);
  return {
    ok: true,
    value: {
      ...into,
      model: null,
      isStreamed: false,
      conversation,
      ...(conversation === null && { isBeginning: true }),
      opening: JSON.stringify(list),
    },
  };
}
