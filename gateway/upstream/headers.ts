/** Names and values as they came, in their order and spelling: [name, value, name, value, …]. */
export type RawHeaders = readonly string[];

/** Headers that speak of one connection, not of the message.
 *  @see RFC 9110, section 7.6.1 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
]);
/** What is said to this gateway ends here. */
const OWN_PREFIX = 'x-telltale-';

/** Of the caller's trace, which no upstream needs to know: `traceHeaders` says what it is told.
 *  @see https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/ */
const OF_THE_TRACE = new Set(['traceparent', 'tracestate', 'baggage']);

/** The client's headers for the upstream; host and length are those of the new message, the trace's are added. Trailers
 *  are told of where there are some. */
export function requestHeaders(raw: RawHeaders, { hasTrailers = false } = {}): string[] {
  return filtered(
    raw,
    (name) =>
      name !== 'host' &&
      name !== 'content-length' &&
      (hasTrailers || name !== 'trailer') &&
      !OF_THE_TRACE.has(name) &&
      !name.startsWith(OWN_PREFIX),
  );
}

/** What a client sends after its body, for the upstream. */
export function requestTrailers(raw: RawHeaders): string[] {
  return keptHeaders(raw, (name) => !OF_THE_TRACE.has(name) && !name.startsWith(OWN_PREFIX));
}

/** The upstream's headers for the client. Trailers are told of where there can be any. */
export function answerHeaders(raw: RawHeaders): string[] {
  const hasLength = headerOf(raw, 'content-length') !== undefined;
  return filtered(raw, (name) => !name.startsWith(OWN_PREFIX) && !(hasLength && name === 'trailer'));
}

/** The upstream's trailers for the client. */
export function answerTrailers(trailers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isKept = (name: string) => !HOP_BY_HOP.has(name) && !name.startsWith(OWN_PREFIX);
  return Object.fromEntries(Object.entries(trailers).filter(([name]) => isKept(name.toLowerCase())));
}

/** What the upstream says before its answer, for the client. */
export function informationHeaders(raw: RawHeaders): string[] {
  return filtered(raw, (name) => !name.startsWith(OWN_PREFIX));
}

/** The upstream's headers for a body of the gateway's own making. */
export function replacedAnswerHeaders(raw: RawHeaders): string[] {
  return filtered(
    raw,
    (name) =>
      !name.startsWith(OWN_PREFIX) &&
      !/^content-|^(etag|digest|repr-digest|last-modified|trailer)$/.test(name),
  );
}

/** The value of a header, the last where it came twice. */
export function headerOf(raw: RawHeaders, wanted: string): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) found = raw[index + 1];
  }
  return found;
}

/** @param isKept - asked with each name in small letters */
export function keptHeaders(raw: RawHeaders, isKept: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (isKept(name.toLowerCase())) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

function filtered(raw: RawHeaders, isKept: (name: string) => boolean): string[] {
  const named = namedByConnection(raw);
  return keptHeaders(raw, (name) => !HOP_BY_HOP.has(name) && !named.includes(name) && isKept(name));
}

/** Names of headers that speak of one connection because the message says so; `Connection` may come several times. */
function namedByConnection(raw: RawHeaders): string[] {
  const named: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (name.length !== 'connection'.length || name.toLowerCase() !== 'connection') continue;
    const value = raw[index + 1] ?? '';
    if (value !== 'keep-alive') named.push(...value.split(',').map((one) => one.trim().toLowerCase()));
  }
  return named;
}
