import { isObject } from '../json-values.ts';
import { type ToolOf, toolName } from '../tool-name.ts';
import { isCall, isResult } from './read-blocks.ts';

/** The tools of the blocks of a conversation. */
export function createCalledTools(): ToolOf {
  const called = new Map<unknown, string>();
  return (block) => {
    if (!isObject(block)) return undefined;
    const { type, id, name, tool_use_id: callId } = block;
    if (isCall(block)) {
      const tool = toolName(name);
      if (tool !== undefined && typeof id === 'string') called.set(id, tool);
      return tool;
    }
    if (!isResult(block)) return undefined;
    // Of the upstream's own tools the type tells as well: `web_search_tool_result`.
    return called.get(callId) ?? toolName(String(type).replace(/(?:^|_)tool_result$/, ''));
  };
}
