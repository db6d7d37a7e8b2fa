import type { IncomingMessage } from 'node:http';

const HEADERS = ['authorization', 'api-key', 'x-api-key', 'x-goog-api-key'] as const;

/** Where callers show who they are, the usual first: OpenAI's clients, Azure's, Anthropic's, Google's. */
export const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set(HEADERS);

/** The caller's secret, which tells callers apart and is kept nowhere. Google's API takes it in the query too. */
export function credentialOf({
  headers,
  url = '/',
}: Pick<IncomingMessage, 'headers' | 'url'>): string | undefined {
  const header = HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string');
  if (typeof header === 'string') return header;
  const query = url.slice(url.indexOf('?') + 1);
  return query.length < url.length ? (new URLSearchParams(query).get('key') ?? undefined) : undefined;
}
