import type { Key } from '../reading/json-source.ts';

/** One description, and where in its value it stands. */
export interface Description {
  readonly keys: readonly Key[];
  readonly text: string;
}

/** What a tool or a schema says of itself, at any depth. Descriptions steer the model as a system prompt does, so they
 *  are read as one. Nothing else of a tool is: keys for servers may stand there. */
export function descriptionsIn(value: unknown): string[] {
  return describedIn(value).map(({ text }) => text);
}

/** The same with their places, for what is taken out of them. */
export function describedIn(value: unknown, at: readonly Key[] = []): Description[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    /^(server_)?description$/.test(key) && typeof inner === 'string'
      ? [{ keys: [...at, key], text: inner }]
      : describedIn(inner, [...at, key]),
  );
}
