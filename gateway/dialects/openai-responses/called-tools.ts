import { isObject, type JsonObject } from '../json-values.ts';
import { type ToolOf, toolName } from '../tool-name.ts';
import { isCall, type PlaceOf } from './read-items.ts';

/** The tools of the items of a conversation.
 *  @param items - known from the start, in any order: lists of what is stored come with the latest first */
export function createCalledTools(items: unknown = []): ToolOf {
  const called = new Map<unknown, string>();

  /** Tools of the upstream's own have no name: they are called by their kind, `web_search_call` is `web_search`. */
  function noteCall({ type, name, call_id: callId, id }: JsonObject): string | undefined {
    const tool = toolName(name) ?? kindOf(type, /_(call|approval_request)$/);
    if (tool !== undefined) for (const one of [callId, id]) called.set(one, tool);
    return tool;
  }

  function toolOf(item: unknown): string | undefined {
    if (!isObject(item)) return undefined;
    const { type, call_id: callId, id } = item;
    if (isCall(item)) return noteCall(item);
    if (typeof type !== 'string' || !type.endsWith('_output')) return undefined;
    const known = [callId, id].map((one) => (typeof one === 'string' ? called.get(one) : undefined));
    return known.find((tool) => tool !== undefined) ?? kindOf(type, /(_call)?_output$/);
  }

  if (Array.isArray(items)) items.forEach(toolOf);
  return toolOf;
}

/** What is the caller's own is told by its name alone. */
const NAMED_KINDS = new Set(['function', 'custom_tool']);

function kindOf(type: unknown, ending: RegExp): string | undefined {
  const kind = String(type).replace(ending, '');
  return NAMED_KINDS.has(kind) ? undefined : toolName(kind);
}

/** The same places, in a call of a tool or in what came of one. */
export function placesOf(placeOf: PlaceOf, tool: string | undefined): PlaceOf {
  return tool === undefined ? placeOf : (voice) => placeOf(voice).of(tool);
}
