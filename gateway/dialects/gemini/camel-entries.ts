/** Keys of the API come in two spellings, `inlineData` and `inline_data`; each entry with the key's first spelling, and
 *  as it stands there. */
export function camelEntries(value: object): (readonly [key: string, value: unknown, written: string])[] {
  return Object.entries(value).map(([key, inner]) => [
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    inner,
    key,
  ]);
}
