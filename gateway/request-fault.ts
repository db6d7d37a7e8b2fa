import type { IncomingMessage } from 'node:http';
import {
  badTargetRefusal,
  codingRefusal,
  headersRefusal,
  oddRequestRefusal,
  type Refusal,
} from './exchange/problems.ts';

/** What is wrong with a request that Node's parser lets through: two hops that read it differently would see two
 *  requests. Null: nothing is.
 *  @see RFC 9112, sections 3.2 and 6.1 */
export function requestFault(request: IncomingMessage, maxHeaders: number): Refusal | null {
  const { rawHeaders, httpVersion, headers } = request;
  const count = rawHeaders.length / 2;
  if (count > maxHeaders) return headersRefusal(count, maxHeaders);
  const hosts = hostsOf(rawHeaders);
  if (hosts > 1) return oddRequestRefusal('two_hosts', `the request has ${hosts} Host headers`);
  if (hosts === 0 && httpVersion === '1.1')
    return oddRequestRefusal('no_host', 'the request has no Host header');
  const coding = (['transfer-encoding', 'te'] as const).find((name) => headers[name] !== undefined);
  if (httpVersion !== '1.1' && coding !== undefined) {
    return oddRequestRefusal('bad_http', `HTTP/${httpVersion} has no ${coding}`);
  }
  const badCoding = codingFault(headers['transfer-encoding']);
  if (badCoding !== null) return badCoding;
  const { expect } = headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    const message = `the request expects ${JSON.stringify(expect.slice(0, 100))}; only 100-continue is known`;
    return oddRequestRefusal('bad_expect', message);
  }
  return targetFault(request);
}

/** Node undoes `chunked` and hands on the rest as it is, with nothing that says so. */
function codingFault(codings: string | undefined): Refusal | null {
  if (codings === undefined || codings === 'chunked') return null;
  const names = codings.split(',').map((coding) => coding.trim().toLowerCase());
  if (names.indexOf('chunked') !== names.length - 1) {
    const message = `the request's transfer codings are ${JSON.stringify(codings.slice(0, 100))}; chunked is the last of them, and once`;
    return oddRequestRefusal('bad_http', message);
  }
  const unknown = names.find((name) => name !== '' && name !== 'chunked');
  return unknown === undefined ? null : codingRefusal(unknown);
}

/** Fields that say how a message is framed, where it goes, whose it is or how it is read: after the body they come too
 *  late, and a hop that moves them to the head makes another request of it.
 *  @see RFC 9110, section 6.5.1 */
const NOT_IN_TRAILERS =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|range|if-.*|cookie|content-(length|type|encoding|range)|cache-control|pragma|max-forwards|authorization|proxy-.*|.*api-key|forwarded|x-forwarded-.*)$/i;

/** What is wrong with what came after a body. */
export function trailerFault(rawTrailers: readonly string[], maxHeaders: number): Refusal | null {
  const count = rawTrailers.length / 2;
  if (count > maxHeaders) return headersRefusal(count, maxHeaders);
  const bad = rawTrailers.find((name, at) => at % 2 === 0 && NOT_IN_TRAILERS.test(name));
  if (bad === undefined) return null;
  return oddRequestRefusal('bad_trailer', `${bad.slice(0, 100)} came after the body, where it means nothing`);
}

function hostsOf(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** `POST http://elsewhere/…` asks for a forward proxy, which this is not. One that names this host is as good as its
 *  path, which it becomes. */
function targetFault(request: IncomingMessage): Refusal | null {
  const { url = '', headers } = request;
  if (url.startsWith('/')) return null;
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (absolute?.[1] === undefined || absolute[1].toLowerCase() !== headers.host?.toLowerCase()) {
    return badTargetRefusal();
  }
  const rest = absolute[2] ?? '';
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
  return null;
}
