/** One line of a byte stream without its end. */
export interface Line {
  /** Null where the line was longer than the bound and its bytes were let go. */
  readonly bytes: Buffer | null;
  readonly length: number;
  /** Offset in the stream of the byte after the line's end. A line feed that follows a carriage return in the next
   *  piece is counted to the next line's beginning. */
  readonly end: number;
}

/** Finds lines that end in CR, LF or CRLF in bytes that come in any cut. */
export interface LineSplitter {
  push(chunk: Uint8Array): Line[];
  /** What stands after the last line's end, if anything. */
  end(): Line | null;
  /** Whether the piece that `push` was last given began with the LF of a CRLF that was cut. */
  hasJoinedPair(): boolean;
}

const CR = 13;
const LF = 10;

/** @param maxBytes - longer lines are passed over and given without their bytes */
export function createLineSplitter(maxBytes: number): LineSplitter {
  let parts: Buffer[] = [];
  let length = 0;
  let offset = 0;
  let isAfterCr = false;
  let hasJoinedPair = false;

  function keep(part: Buffer): void {
    length += part.length;
    if (length > maxBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  }

  function take(end: number): Line {
    const bytes = length > maxBytes ? null : Buffer.concat(parts);
    const line = { bytes, length, end };
    parts = [];
    length = 0;
    return line;
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: Line[] = [];
      hasJoinedPair = isAfterCr && bytes[0] === LF;
      if (bytes.length > 0) isAfterCr = false;
      let from = hasJoinedPair ? 1 : 0;
      for (let at = nextBreak(bytes, from); at !== -1; at = nextBreak(bytes, from)) {
        const isCr = bytes[at] === CR;
        const next = at + (isCr && bytes[at + 1] === LF ? 2 : 1);
        isAfterCr = isCr && next === bytes.length && next === at + 1;
        keep(bytes.subarray(from, at));
        lines.push(take(offset + next));
        from = next;
      }
      // A copy, since the chunk belongs to the caller once this returns.
      keep(Buffer.from(bytes.subarray(from)));
      offset += bytes.length;
      return lines;
    },
    end: () => (length === 0 ? null : take(offset)),
    hasJoinedPair: () => hasJoinedPair,
  };
}

function nextBreak(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.subarray(from, lf === -1 ? bytes.length : lf).indexOf(CR);
  return cr === -1 ? lf : from + cr;
}
