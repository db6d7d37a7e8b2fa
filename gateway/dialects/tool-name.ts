/** No API allows a longer name; of one that is longer all the same rules compare the beginning. */
const MAX_LENGTH = 256;

/** The name of a tool as rules compare it; undefined where there is none. */
export function toolName(name: unknown): string | undefined {
  return typeof name === 'string' && name !== '' ? name.slice(0, MAX_LENGTH) : undefined;
}
