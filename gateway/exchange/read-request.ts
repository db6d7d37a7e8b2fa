import type { Dialect, RequestReading } from '../dialects/dialect.ts';
import { enforcesAny } from '../policy/enforces-any.ts';
import { isOtherText } from '../reading/charset.ts';
import { createBodyDecoder } from '../reading/decode-body.ts';
import { duplicateKeyAt } from '../reading/duplicate-key.ts';
import { parseJson } from '../reading/parse-json.ts';
import { readBody } from '../reading/read-body.ts';
import { trailerFault } from '../request-fault.ts';
import { bodyRefusal, type Refusal, shapeRefusal, unreadableRefusal } from './problems.ts';
import type { Way } from './refuse.ts';

/** A request that a dialect has read. */
export interface ReadRequest {
  /** As they came. */
  readonly bytes: Buffer;
  /** Its JSON. */
  readonly decoded: Buffer;
  readonly reading: RequestReading;
}

export type RequestOutcome =
  | ({ readonly ok: true } & ReadRequest)
  | { readonly ok: false; readonly refusal: Refusal };

/** The raw body within its bounds, or why not. */
export async function readRaw({ parts, connection }: Way) {
  const { limits, server } = parts.config;
  const body = await readBody(connection.request, {
    maxBytes: limits.max_body_bytes,
    timeoutMs: limits.body_timeout_ms,
  });
  if (!body.ok) return { ok: false as const, refusal: bodyRefusal(body, limits) };
  const fault = trailerFault(connection.request.rawTrailers, server.max_headers);
  return fault === null ? body : { ok: false as const, refusal: fault };
}

/** Reads a request of a dialect: its bytes stay as they came, its text is listed. */
export async function readRequest(way: Way): Promise<RequestOutcome> {
  const { route, isRead, isTextListed } = way.exchange;
  const raw = await readRaw(way);
  if (!raw.ok || route.dialect === null) return raw.ok ? refused('unknown_dialect', 'no dialect', 0) : raw;
  const { bytes } = raw;
  const decoded = await decode(way, bytes);
  if (!decoded.ok) return decoded;
  const json = parseJson(decoded.bytes, way.parts.config.limits.max_json_depth);
  if (!json.ok) return refused(json.reason, json.message, bytes.length);
  const twiceAt = isRead ? duplicateKeyAt(decoded.bytes) : null;
  if (twiceAt !== null && enforcesAny(way.exchange.ruleSet)) {
    const message = `the body has a key twice, the second at byte ${twiceAt}: two readers would read two texts`;
    return refused('duplicate_key', message, bytes.length);
  }
  const request = readingOf(route.dialect, isTextListed)(json.value, way.connection.request.url ?? '/');
  if (!request.ok) return { ok: false, refusal: shapeRefusal(request.problem, bytes.length) };
  if (twiceAt !== null) way.exchange.noteGap('request', 'duplicate_key', bytes.length);
  if (isRead && isOtherText(way.connection.request.headers['content-type'], decoded.bytes)) {
    way.exchange.noteGap('request', 'unknown_encoding', bytes.length);
  }
  return { ok: true, bytes, decoded: decoded.bytes, reading: request.value };
}

/** Where nothing asks for the text, what a request is will do. */
function readingOf({ readRequest: read, describeRequest: describe = read }: Dialect, isTextListed: boolean) {
  return isTextListed ? read : describe;
}

/** A body may come encoded; what the upstream gets is what came. */
async function decode({ parts, connection }: Way, bytes: Buffer) {
  const { max_decoded_bytes: maxDecodedBytes, max_decoded_ratio: maxRatio } = parts.config.limits;
  const encoding = connection.request.headers['content-encoding'];
  if (encoding === undefined && bytes.length <= maxDecodedBytes) return { ok: true as const, bytes };
  const decoder = createBodyDecoder(encoding, {
    maxDecodedBytes,
    maxRatio,
  });
  const decoded = Buffer.concat([await decoder.push(bytes), await decoder.end()]);
  decoder.close();
  const failure = decoder.failure();
  if (failure === null) return { ok: true as const, bytes: decoded };
  return refused(failure.reason, failure.message, bytes.length);
}

function refused(...[reason, message, bytes]: Parameters<typeof unreadableRefusal>) {
  return { ok: false as const, refusal: unreadableRefusal(reason, message, bytes) };
}
