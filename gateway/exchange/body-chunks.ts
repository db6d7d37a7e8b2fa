import type { AnswerBody } from '../upstream/answer-body.ts';
import type { UpstreamFailure } from '../upstream/create-upstream.ts';
import { upstreamFailure } from '../upstream/upstream-failure.ts';

/** The pieces of an upstream's body. That it breaks off is told here and thrown nowhere, so that what fails in the gateway
 *  itself is not put down to the upstream. */
export interface BodyChunks {
  /** The next piece; null where no more will come. */
  next(): Promise<Buffer | null>;
  /** How the body broke off; null where it has not. */
  failure(): UpstreamFailure | null;
}

/** Not a generator: one for each answer keeps that answer's exchange until the next collection of the whole heap, as each
 *  generator function that is made makes a hidden class of its own. */
export function createBodyChunks(body: AnswerBody, abortSignal: AbortSignal): BodyChunks {
  const pieces = body[Symbol.asyncIterator]();
  let failure: UpstreamFailure | null = null;
  return {
    async next() {
      try {
        const { done = false, value } = await pieces.next();
        return done ? null : value;
      } catch (error) {
        failure = upstreamFailure(error, abortSignal);
        return null;
      }
    },
    failure: () => failure,
  };
}
