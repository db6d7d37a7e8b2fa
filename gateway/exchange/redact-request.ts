import { type Decision, isOfRequest } from '../policy/decide.ts';
import { redactBody } from '../redaction/redact-body.ts';
import { keptHeaders, type RawHeaders } from '../upstream/headers.ts';
import { asItCame, type SentRequest } from './call-upstream.ts';
import type { ReadRequest } from './read-request.ts';
import type { Way } from './refuse.ts';

/** Headers that speak of the bytes as they came. */
const OF_BYTES = /^(content-encoding|content-md5|content-digest|digest|repr-digest)$/;

/** The request as it may go to the upstream: as it came, or with what rules redact taken out. Null where that cannot be
 *  taken out. */
export function requestToSend(
  way: Way,
  { bytes, decoded }: ReadRequest,
  { verdict }: Decision,
): SentRequest | null {
  const { exchange, parts, connection } = way;
  if (verdict !== 'redact') return asItCame(way, bytes);
  const redactions = exchange.scan.redactions(isOfRequest);
  if (redactions.length === 0) return null;
  const text = redactBody(decoded.toString('utf8'), redactions, parts.config.policy.redaction);
  if (text === null) return null;
  const kept = (raw: RawHeaders) => keptHeaders(raw, (name) => !OF_BYTES.test(name));
  const { rawHeaders, rawTrailers } = connection.request;
  return { headers: kept(rawHeaders), body: Buffer.from(text), trailers: kept(rawTrailers) };
}
