import { isObject } from '../json-values.ts';
import { toolName } from '../tool-name.ts';
import { isCall, isResult } from './read-blocks.ts';

/** The tool that a block calls, or whose result it is; undefined where it is neither, or where nothing tells. Asked of
 *  every block in its order: a result names its call by an id. */
export type ToolOf = (block: unknown) => string | undefined;

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
