import { isObject, type JsonObject } from '../json-values.ts';
import { toolName } from '../tool-name.ts';
import { createCalledTools } from './called-tools.ts';

/** The tools of a streamed response: the event that begins an item names its tool, those with its arguments only say
 *  which item it is. */
export interface StreamedTools {
  note(event: JsonObject): void;
  /** The tool of the item that an event is about. */
  toolAt(event: JsonObject): string | undefined;
}

export function createStreamedTools(): StreamedTools {
  const toolOf = createCalledTools();
  const toolAt = new Map<number, string | undefined>();
  return {
    note(event) {
      const { item, name, output_index: index } = event;
      if (typeof index !== 'number') return;
      if (isObject(item)) toolAt.set(index, toolOf(item));
      // Where nothing has begun the item, the end of its arguments may name it.
      else if (!toolAt.has(index) && typeof name === 'string') toolAt.set(index, toolName(name));
    },
    toolAt: ({ output_index: index }) => (typeof index === 'number' ? toolAt.get(index) : undefined),
  };
}
