import type { Readable } from 'node:stream';
import { bodyFailure, type UpstreamFailure } from '../upstream/create-upstream.ts';

/** The pieces of an upstream's body. That it breaks off is told here and thrown nowhere, so that what fails in the gateway
 *  itself is not put down to the upstream. */
export interface BodyChunks extends AsyncIterable<Buffer> {
  /** How the body broke off; null where it has not. */
  failure(): UpstreamFailure | null;
}

export function createBodyChunks(body: Readable, abortSignal: AbortSignal): BodyChunks {
  let failure: UpstreamFailure | null = null;
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      // Not in a loop of its own: what a reader of these pieces throws does not pass through here.
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      failure = bodyFailure(error, abortSignal);
    }
  }
  return { [Symbol.asyncIterator]: chunks, failure: () => failure };
}
