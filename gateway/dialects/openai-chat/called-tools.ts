import { isObject } from '../json-values.ts';
import { type ToolOf, toolName } from '../tool-name.ts';
import { calledTool } from './read-content.ts';

/** The tools whose results messages are. Some servers give an id out again in later turns: the call that came last
 *  counts. */
export function createCalledTools(): ToolOf {
  const called = new Map<unknown, string>();

  function noteCalls(calls: unknown): void {
    for (const call of Array.isArray(calls) ? calls : []) {
      const tool = calledTool(call);
      if (tool !== undefined && isObject(call)) called.set(call['id'], tool);
    }
  }

  return (message) => {
    if (!isObject(message)) return undefined;
    const { role, name, tool_call_id: id, tool_calls: calls } = message;
    const known = typeof id === 'string' ? called.get(id) : undefined;
    noteCalls(calls);
    if (role === 'function') return toolName(name);
    return role === 'tool' ? (known ?? toolName(name)) : undefined;
  };
}
