import type { IncomingMessage } from 'node:http';

/** The bytes of a request as they came, or why they are not all here. */
export type BodyReading =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: 'over_cap' | 'timeout' | 'client_gone'; readonly bytes: number };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** So much more is read and thrown away, for the client to hear the answer and not a reset connection. */
const DRAIN_FACTOR = 4;

/** Reads a whole body within its bounds. By hand: an iterator over a stream costs a short body more than its reading. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const parts: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    let isLate = false;
    // The connection stays for the answer, which closes it.
    const deadline = setTimeout(() => {
      isLate = true;
      parts.length = 0;
      resolve({ ok: false, reason: 'timeout', bytes });
    }, limits.timeoutMs);
    const finish = (reading: BodyReading): void => {
      clearTimeout(deadline);
      resolve(reading);
    };
    const take = (part: Buffer): void => {
      bytes += part.length;
      if (bytes <= limits.maxBytes && announced <= limits.maxBytes && !isLate) parts.push(part);
      else parts.length = 0;
      if (bytes > limits.maxBytes * DRAIN_FACTOR) request.destroy();
    };
    request.on('readable', () => {
      for (let part = request.read(); part !== null; part = request.read()) take(part);
    });
    request.once('end', () => finish(wholeOf(parts, bytes, limits)));
    // A client that leaves makes an error of it or does not.
    request.once('error', () => {});
    request.once('close', () => {
      if (bytes > limits.maxBytes) finish({ ok: false, reason: 'over_cap', bytes });
      else finish({ ok: false, reason: 'client_gone', bytes });
    });
  });
}

function wholeOf(parts: readonly Buffer[], bytes: number, { maxBytes }: BodyLimits): BodyReading {
  if (bytes > maxBytes) return { ok: false, reason: 'over_cap', bytes };
  return { ok: true, bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts) };
}
