import { isOfAnswer } from '../policy/decide.ts';
import { createBodyDecoder } from '../reading/decode-body.ts';
import { redactBody } from '../redaction/redact-body.ts';
import { headerOf, type RawHeaders } from '../upstream/headers.ts';
import type { Hold } from './hold.ts';
import type { Way } from './refuse.ts';

/** A body in the place of the upstream's. */
export interface RedactedBody {
  readonly body: Buffer;
  readonly headers: readonly string[];
}

/** An answer in one piece with what rules redact taken out; null where nothing is to be taken out, `failed` where it
 *  cannot be. Takes the bytes out of the hold unless there is nothing to do. */
export async function redactAnswer({
  way,
  answer,
  hold,
}: {
  readonly way: Way;
  readonly answer: { readonly headers: RawHeaders };
  readonly hold: Hold;
}): Promise<RedactedBody | null | 'failed'> {
  const { limits, policy } = way.parts.config;
  const redactions = way.exchange.scan.redactions(isOfAnswer);
  if (redactions.length === 0) return null;
  const decoder = createBodyDecoder(headerOf(answer.headers, 'content-encoding'), {
    maxDecodedBytes: limits.max_decoded_bytes,
    maxRatio: limits.max_decoded_ratio,
  });
  const pieces: Buffer[] = [];
  for (const chunk of hold.release(0)) pieces.push(await decoder.push(chunk));
  pieces.push(await decoder.end());
  decoder.close();
  const text = Buffer.concat(pieces).toString('utf8');
  const redacted = redactBody(text, redactions, policy.redaction);
  if (redacted === null) return 'failed';
  const body = Buffer.from(redacted);
  const contentType = headerOf(answer.headers, 'content-type') ?? 'application/json';
  return { body, headers: ['content-type', contentType, 'content-length', String(body.length)] };
}
