/** The text of one segment on its way to the reader: it comes in any pieces and leaves in batches. */
export interface TextFeed {
  push(piece: string): void;
  /** Whether it is time for a batch: of an unfinished text only once there is enough of it. */
  hasBatch(isWhole: boolean): boolean;
  /** The next batch. */
  take(): string;
  /** All text so far. */
  text(): string;
  /** Its length in UTF-8; counted as it comes, since it is asked for with every event of a held answer. */
  bytes(): number;
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
  // Put together only when somebody reads it: a join with every event would copy all of it each time.
  let text = '';
  let bytes = 0;
  let tail = '';
  let waiting: string[] = [];
  let waitingChars = 0;

  return {
    push(piece) {
      bytes += Buffer.byteLength(piece) - (joinsPair(text, piece) ? PAIR_SAVES_BYTES : 0);
      text += piece;
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
    text: () => text,
    bytes: () => bytes,
    tail: () => tail,
  };
}

/** Each half of a surrogate pair alone is written in 3 bytes, both together in 4. */
const PAIR_SAVES_BYTES = 2;

/** Whether a piece goes on with the second half of a pair. */
function joinsPair(before: string, piece: string): boolean {
  const second = piece.charCodeAt(0);
  if (!(second >= 0xdc00 && second < 0xe000)) return false;
  const first = before.charCodeAt(before.length - 1);
  return first >= 0xd800 && first < 0xdc00;
}

/** Not between the halves of a surrogate pair. */
function cutBefore(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return text.length > at && code >= 0xd800 && code < 0xdc00 ? at - 1 : at;
}
