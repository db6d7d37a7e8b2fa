/** The bytes of an answer in the order in which they came, for one reader; small pieces that came together are one. */
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

/** Pieces that wait are joined up to so many bytes: an upstream that sends twenty events in one packet costs its reader and
 *  the client one piece. */
const MAX_JOINED_BYTES = 16 * 1024;

const NO_BYTES = Buffer.alloc(0);

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

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
  /** Wakes the reader where it waits. What comes in the same turn before it runs is given to it together. */
  let wake: (() => void) | null = null;

  function tell(): void {
    wake?.();
    wake = null;
  }

  function finish(how: Ending): void {
    ending ??= how;
    tell();
  }

  function forget(): void {
    waiting = [];
    taken = 0;
    bytes = 0;
  }

  /** The first piece, with those after it that fit. */
  function joined(): Buffer {
    const first = waiting[taken] ?? NO_BYTES;
    let length = first.length;
    let end = taken + 1;
    for (let next = waiting[end]; next !== undefined; next = waiting[end]) {
      if (length + next.length > MAX_JOINED_BYTES) break;
      length += next.length;
      end += 1;
    }
    const piece = end === taken + 1 ? first : Buffer.concat(waiting.slice(taken, end), length);
    taken = end;
    return piece;
  }

  function take(): IteratorYieldResult<Buffer> {
    const piece = joined();
    bytes -= piece.length;
    if (taken * 2 >= waiting.length) {
      waiting = waiting.slice(taken);
      taken = 0;
    }
    if (isPaused && bytes < MAX_WAITING_BYTES && ending === null) {
      isPaused = false;
      source.resume();
    }
    return { done: false, value: piece };
  }

  async function next(): Promise<IteratorResult<Buffer, undefined>> {
    if (taken === waiting.length && ending === null) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (taken < waiting.length) return take();
    if (ending === 'whole') return DONE;
    throw ending?.error;
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
      const isAwaited = wake !== null;
      waiting.push(chunk);
      bytes += chunk.length;
      tell();
      // What the reader waits for does not lie here: a connection that hands over 64 KiB at a time would be stopped each time.
      if (isAwaited || bytes < MAX_WAITING_BYTES || isPaused) return;
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
