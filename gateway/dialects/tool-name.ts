/** No API allows a longer name; of one that is longer all the same rules compare the beginning. */
const MAX_LENGTH = 256;

/** The name of a tool as rules compare it; undefined where there is none. */
export function toolName(name: unknown): string | undefined {
  return typeof name === 'string' && name !== '' ? name.slice(0, MAX_LENGTH) : undefined;
}

/** The tool that one item of a conversation calls, or whose result it is; undefined where it is neither, or where nothing
 *  tells. Asked of every item in its order: a result names its call by an id. */
export type ToolOf = (item: unknown) => string | undefined;
