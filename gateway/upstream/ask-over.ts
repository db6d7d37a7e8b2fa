import { type Dispatcher, errors } from 'undici';
import { type BodyIntake, type BodySource, createBodyIntake } from './answer-body.ts';
import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from './create-upstream.ts';
import { answerTrailers } from './headers.ts';
import { upstreamFailure } from './upstream-failure.ts';

/** One request, and how long it is waited for. */
export interface Question {
  readonly request: Dispatcher.DispatchOptions;
  /** The wait for a free connection and for a new one included. */
  readonly firstByteTimeoutMs: number;
  /** One request's own: its listener stays with it. */
  readonly abortSignal: AbortSignal;
  readonly onInformation: UpstreamRequest['onInformation'];
}

/** Made once, since an exception's stack costs more than what it tells here. */
const GIVEN_UP = new errors.RequestAbortedError();

/** Asks, and resolves with the head of the answer or with why there is none. By undici's own handler: its `request` makes
 *  a stream, an async resource and a listener more for each answer. */
export function askOver(
  dispatcher: Dispatcher,
  question: Question,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const { abortSignal } = question;
  return new Promise((resolve) => {
    const { handler, giveUp } = createHandler(question, resolve);
    const onAbort = () => giveUp(upstreamFailure(GIVEN_UP, abortSignal));
    if (abortSignal.aborted) return onAbort();
    abortSignal.addEventListener('abort', onAbort, { once: true });
    dispatcher.dispatch(question.request, handler);
  });
}

interface Asking {
  readonly handler: Dispatcher.DispatchHandler;
  /** Nothing more is wanted, neither an answer nor the rest of one. */
  giveUp(failure: UpstreamFailure): void;
}

function createHandler(
  { firstByteTimeoutMs, abortSignal, onInformation }: Question,
  resolve: (answer: UpstreamAnswer | UpstreamFailure) => void,
): Asking {
  let connection: Dispatcher.DispatchController | null = null;
  let intake: BodyIntake | null = null;
  let isGivenUp = false;
  let trailers: Readonly<Record<string, string>> = {};
  const late = () => giveUp({ outcome: 'timeout', message: 'no answer began in time' });
  const patience = setTimeout(late, firstByteTimeoutMs);

  function giveUp(failure: UpstreamFailure): void {
    clearTimeout(patience);
    isGivenUp = true;
    resolve(failure);
    intake?.giveUp(GIVEN_UP);
    connection?.abort(GIVEN_UP);
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      connection = started;
      // It waited for a connection when it was given up.
      if (isGivenUp) started.abort(GIVEN_UP);
    },
    onResponseStart(answering, status, _headers, statusText = '') {
      const headers = rawHeaders(answering.rawHeaders);
      // Below 100 is no status: undici breaks off there, and the client is told of that alone.
      if (status < 200) return status < 100 ? undefined : onInformation?.(status, headers);
      clearTimeout(patience);
      intake = createBodyIntake(sourceOf(answering));
      const { body } = intake;
      resolve({ outcome: 'answered', status, statusText, headers, trailers: () => trailers, body });
    },
    onResponseData: (_answering, chunk) => intake?.push(chunk),
    onResponseEnd(_answering, given) {
      trailers = answerTrailers((given ?? {}) as Record<string, string>);
      intake?.end();
    },
    onResponseError(_answering, error) {
      clearTimeout(patience);
      if (intake === null) resolve(upstreamFailure(error, abortSignal));
      else intake.fail(error);
    },
  };
  return { handler, giveUp };
}

function sourceOf(answering: Dispatcher.DispatchController): BodySource {
  return {
    pause: () => answering.pause(),
    resume: () => answering.resume(),
    abort: () => answering.abort(GIVEN_UP),
  };
}

function rawHeaders(given: Dispatcher.DispatchController['rawHeaders']): string[] {
  return (given as readonly (string | Buffer)[]).map((part) =>
    typeof part === 'string' ? part : part.toString('latin1'),
  );
}
