import type { Framing } from '../dialects/dialect.ts';
import type { AnswerReader } from '../reading/answer-reader.ts';
import type { UpstreamAnswer, UpstreamFailure } from '../upstream/create-upstream.ts';
import { headerOf } from '../upstream/headers.ts';
import { type BodyChunks, createBodyChunks } from './body-chunks.ts';
import type { Client } from './client.ts';
import { type Hold, MAX_TRAILING_BYTES } from './hold.ts';

/** How the bytes of an answer came to an end. `client_gone`: nobody reads any more. */
export type RelayEnd =
  | { readonly end: 'whole' }
  /** More came than may be held. */
  | { readonly end: 'over_cap' }
  | { readonly end: 'client_gone' }
  | { readonly end: 'broken'; readonly failure: UpstreamFailure };

export interface RelayParts {
  readonly answer: UpstreamAnswer;
  readonly reader: AnswerReader;
  /** Null where the answer comes in one piece. */
  readonly framing: Framing | null;
  readonly client: Client;
  readonly hold: Hold;
  /** Every byte waits for the verdict; null: bytes go on as they come, and are scored after. */
  readonly holdAll: HoldAll | null;
  readonly abortSignal: AbortSignal;
  readonly onFirstByte: () => void;
}

export interface HoldAll {
  readonly maxBytes: number;
  /** More came than may wait. True: let all go on, unjudged. */
  readonly onOverflow: () => boolean;
}

/** Passes an answer on, byte for byte, until its last bytes; those stay in the hold. What is thrown failed in the gateway
 *  itself. */
export async function relayAnswer(parts: RelayParts): Promise<RelayEnd> {
  const { answer, client, reader, abortSignal } = parts;
  const chunks = createBodyChunks(answer.body, abortSignal);
  try {
    const early = await passChunks(parts, chunks);
    if (early !== null) return early;
  } finally {
    answer.body.destroy();
  }
  const failure = chunks.failure();
  if (failure !== null) return { end: 'broken', failure };
  client.addTrailers(answer.trailers());
  await reader.end();
  return { end: 'whole' };
}

/** Null when the body came to its own end. An answer that comes in one piece and at once leaves in one piece too: its
 *  end waits for the record, and before its end nobody can use it. */
async function passChunks(
  { answer, reader, client, hold, holdAll, framing, onFirstByte }: RelayParts,
  chunks: BodyChunks,
): Promise<RelayEnd | null> {
  let holding = holdAll;
  let isFirst = true;
  const wholeBytes = framing === null ? Number(headerOf(answer.headers, 'content-length')) : null;
  for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) {
    if (isFirst) onFirstByte();
    isFirst = false;
    const keep = await reader.push(chunk);
    hold.add(chunk);
    if (holding === null && chunk.length === wholeBytes) {
      client.holdHead();
      continue;
    }
    if (holding !== null) {
      if (hold.bytes() <= holding.maxBytes) continue;
      if (!holding.onOverflow()) return { end: 'over_cap' };
      holding = null;
    }
    for (const piece of hold.release(keep)) {
      if (!(await client.write(piece))) return { end: 'client_gone' };
    }
    if (hold.bytes() > MAX_TRAILING_BYTES) return { end: 'over_cap' };
  }
  return null;
}
