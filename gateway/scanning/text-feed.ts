/** The text of one segment on its way to the reader: it comes in any pieces and leaves in batches. */
export interface TextFeed {
  push(piece: string): void;
  /** Whether it is time for a batch: of an unfinished text only once there is enough of it. */
  hasBatch(isWhole: boolean): boolean;
  /** The next batch. */
  take(): string;
  /** All text so far. */
  text(): string;
  /** The end of the text so far. */
  tail(): string;
}

/** Fewer characters wait for more, since a small batch costs the reader more a token. */
const MIN_CHARS = 160;
/** A long text goes in parts, so that deadlines and bounds hold for each of them. */
const MAX_CHARS = 8_192;
const TAIL_CHARS = 1_024;

/** @param minChars - fewer wait, while the text is not complete */
export function createTextFeed(minChars = MIN_CHARS): TextFeed {
  let pieces: string[] = [];
  let tail = '';
  let waiting: string[] = [];
  let waitingChars = 0;

  return {
    push(piece) {
      pieces.push(piece);
      tail = (tail + piece).slice(-TAIL_CHARS);
      waiting.push(piece);
      waitingChars += piece.length;
    },
    hasBatch: (isWhole) => waitingChars >= (isWhole ? 1 : minChars),
    take() {
      const all = waiting.join('');
      const batch = all.slice(0, cutBefore(all, MAX_CHARS));
      const rest = all.slice(batch.length);
      waiting = rest === '' ? [] : [rest];
      waitingChars = rest.length;
      return batch;
    },
    text() {
      pieces = [pieces.join('')];
      return pieces[0] ?? '';
    },
    tail: () => tail,
  };
}

/** Not between the halves of a surrogate pair. */
function cutBefore(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return text.length > at && code >= 0xd800 && code < 0xdc00 ? at - 1 : at;
}
