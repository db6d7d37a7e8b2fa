/** What a tool or a schema says of itself, at any depth. Descriptions steer the model as a system prompt does, so they
 *  are read as one. Nothing else of a tool is: keys for servers may stand there. */
export function descriptionsIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    /^(server_)?description$/.test(key) && typeof inner === 'string' ? [inner] : descriptionsIn(inner),
  );
}
