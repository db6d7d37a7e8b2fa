import type { AnswerBody } from '../upstream/answer-body.ts';
import type { UpstreamFailure } from '../upstream/create-upstream.ts';
import { upstreamFailure } from '../upstream/upstream-failure.ts';

/** The pieces of an upstream's body. That it breaks off is told here and thrown nowhere, so that what fails in the gateway
 *  itself is not put down to the upstream. */
export interface BodyChunks extends AsyncIterable<Buffer> {
  /** How the body broke off; null where it has not. */
  failure(): UpstreamFailure | null;
}

export function createBodyChunks(body: AnswerBody, abortSignal: AbortSignal): BodyChunks {
  let failure: UpstreamFailure | null = null;
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      // Not in a loop of its own: what a reader of these pieces throws does not pass through here.
      yield* body;
    } catch (error) {
      failure = upstreamFailure(error, abortSignal);
    }
  }
  return { [Symbol.asyncIterator]: chunks, failure: () => failure };
}
