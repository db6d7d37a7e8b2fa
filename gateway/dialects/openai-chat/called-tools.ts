import { isObject, type JsonObject } from '../json-values.ts';
import { toolName } from '../tool-name.ts';
import { calledTool } from './read-content.ts';

/** The tools that messages have called so far: a result names its call by an id, which some servers give out again in
 *  later turns. */
export interface CalledTools {
  /** Takes in the calls of a message. */
  note(message: JsonObject): void;
  /** The tool whose result a message is; undefined where it is none, or where nothing tells. */
  resultOf(message: JsonObject): string | undefined;
}

export function createCalledTools(): CalledTools {
  const called = new Map<unknown, string>();
  return {
    note({ tool_calls: calls }) {
      for (const call of Array.isArray(calls) ? calls : []) {
        const tool = calledTool(call);
        if (tool !== undefined && isObject(call)) called.set(call['id'], tool);
      }
    },
    resultOf({ role, name, tool_call_id: id }) {
      if (role === 'function') return toolName(name);
      if (role !== 'tool') return undefined;
      return (typeof id === 'string' ? called.get(id) : undefined) ?? toolName(name);
    },
  };
}
