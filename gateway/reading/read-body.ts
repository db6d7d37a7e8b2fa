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

/** Reads a whole body within its bounds. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const deadline = setTimeout(() => request.destroy(new Error('timeout')), limits.timeoutMs);
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes <= limits.maxBytes && announced <= limits.maxBytes) parts.push(part);
      else parts.length = 0;
      if (bytes > limits.maxBytes * DRAIN_FACTOR) break;
    }
  } catch (error) {
    return { ok: false, reason: (error as Error).message === 'timeout' ? 'timeout' : 'client_gone', bytes };
  } finally {
    clearTimeout(deadline);
  }
  if (bytes > limits.maxBytes) return { ok: false, reason: 'over_cap', bytes };
  return { ok: true, bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts) };
}
