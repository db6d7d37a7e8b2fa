/** The bytes of an answer in the pieces in which they came, for one reader. */
export interface AnswerBody extends AsyncIterable<Buffer> {
  /** Nothing more is wanted. */
  destroy(): void;
}

/** What comes from the connection. */
export interface BodyIntake {
  readonly body: AnswerBody;
  push(chunk: Buffer): void;
  /** All has come. */
  end(): void;
  /** No more will come; what has come is still given. */
  fail(error: unknown): void;
  /** Nobody waits any more: what has come is not given either. */
  giveUp(error: unknown): void;
}

export interface BodySource {
  pause(): void;
  resume(): void;
  /** The reader has left before the end. */
  abort(): void;
}

/** More than this is not taken from the connection while nobody reads. */
const MAX_WAITING_BYTES = 64 * 1024;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

interface Reader {
  readonly resolve: (result: IteratorResult<Buffer, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

type Ending = { readonly error: unknown } | 'whole';

/** Hands pieces from the connection to the reader; a slow reader slows the connection. Not a stream of Node's, which
 *  costs a short answer more than all else that is done with its bytes. */
export function createBodyIntake(source: BodySource): BodyIntake {
  let waiting: Buffer[] = [];
  /** Pieces at the beginning that were taken: what is shifted out of a long list moves all of it. */
  let taken = 0;
  let bytes = 0;
  let isPaused = false;
  let ending: Ending | null = null;
  let reader: Reader | null = null;

  function finish(how: Ending): void {
    ending ??= how;
    if (reader === null) return;
    const { resolve, reject } = reader;
    reader = null;
    if (ending === 'whole') resolve(DONE);
    else reject(ending.error);
  }

  function forget(): void {
    waiting = [];
    taken = 0;
    bytes = 0;
  }

  function take(chunk: Buffer): IteratorYieldResult<Buffer> {
    bytes -= chunk.length;
    taken += 1;
    if (taken * 2 >= waiting.length) {
      waiting = waiting.slice(taken);
      taken = 0;
    }
    if (isPaused && bytes < MAX_WAITING_BYTES && ending === null) {
      isPaused = false;
      source.resume();
    }
    return { done: false, value: chunk };
  }

  function next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = waiting[taken];
    if (chunk !== undefined) return Promise.resolve(take(chunk));
    if (ending === 'whole') return Promise.resolve(DONE);
    if (ending !== null) return Promise.reject(ending.error);
    return new Promise((resolve, reject) => {
      reader = { resolve, reject };
    });
  }

  function destroy(): void {
    forget();
    if (ending !== null) return;
    finish('whole');
    source.abort();
  }

  return {
    body: {
      [Symbol.asyncIterator]: () => ({
        next,
        return() {
          destroy();
          return Promise.resolve(DONE);
        },
      }),
      destroy,
    },
    push(chunk) {
      if (ending !== null) return;
      if (reader !== null) {
        const { resolve } = reader;
        reader = null;
        resolve({ done: false, value: chunk });
        return;
      }
      waiting.push(chunk);
      bytes += chunk.length;
      if (bytes < MAX_WAITING_BYTES || isPaused) return;
      isPaused = true;
      source.pause();
    },
    end: () => finish('whole'),
    fail: (error) => finish({ error }),
    giveUp(error) {
      forget();
      ending = null;
      finish({ error });
    },
  };
}
