import { isObject } from './json-values.ts';

/** Whom a request names as its user: OpenAI's `safety_identifier`, before it was there `user`; Anthropic's, and clients'
 *  of both, `metadata.user_id`. Without one there is no key. */
export function namedUser({ safety_identifier: identifier, user, metadata }: NamedIn): { user?: string } {
  const named = [identifier, user, isObject(metadata) ? metadata['user_id'] : undefined];
  const name = named.find((value) => typeof value === 'string' && value !== '');
  return typeof name === 'string' ? { user: name } : {};
}

interface NamedIn {
  readonly safety_identifier?: unknown;
  readonly user?: unknown;
  readonly metadata?: unknown;
}
