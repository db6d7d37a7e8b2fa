import type { UnscannedReason } from '../../alerts/index.ts';
import type { StreamEnd } from '../dialects/dialect.ts';
import { createSseParser } from '../sse/parse-events.ts';
import type { AnswerReader } from './answer-reader.ts';

export interface UnreadReaderParts {
  /** Of a stream of events, how it ends; null where the answer comes in one piece. */
  readonly streamEnd: StreamEnd | null;
  readonly maxLineBytes: number;
  readonly gap: (reason: UnscannedReason, bytes: number) => void;
}

/** For answers whose text no rule reads: their bytes are counted and their end is found, and the whole side is listed
 *  as one part that was not scanned. Bytes must stand as they came, without an encoding. */
export function createUnreadReader({ streamEnd, maxLineBytes, gap }: UnreadReaderParts): AnswerReader {
  const ending = streamEnd === null ? null : createEndSearch(streamEnd, maxLineBytes);
  let bytes = 0;
  let holdFrom: number | null = null;
  return {
    async push(chunk) {
      bytes += chunk.length;
      if (ending === null) return 1;
      holdFrom ??= ending.push(chunk);
      return holdFrom === null ? 0 : bytes - holdFrom;
    },
    async end() {
      if (bytes > 0) gap('no_rules', bytes);
    },
    facts: () => null,
    isComplete: () => holdFrom !== null,
    close: () => {},
  };
}

const EMPTY = Buffer.alloc(0);

/** Events are told apart only near the marks of an end; before, their borders are enough. */
function createEndSearch({ marks, isLast }: StreamEnd, maxLineBytes: number) {
  const longestMark = Math.max(...marks.map((mark) => mark.length));
  /** What belongs to an event that is not whole yet, where it begins, and whether a mark stands in it. */
  let open = EMPTY;
  let start = 0;
  let isNear = false;

  function hasMark(piece: Buffer, from: number): boolean {
    return marks.some((mark) => piece.indexOf(mark, from, 'latin1') !== -1);
  }

  function lastIn(piece: Buffer): number | null {
    for (const item of createSseParser(maxLineBytes).push(piece)) {
      if (item.kind === 'event' && isLast(item.data)) return start + item.start;
    }
    return null;
  }

  function keepOpen(piece: Buffer): void {
    const border = borderIn(piece);
    const rest = piece.subarray(border);
    const isKept = rest.length <= maxLineBytes;
    start += isKept ? border : piece.length;
    // A copy, since what came belongs to the caller.
    open = isKept && rest.length > 0 ? Buffer.from(rest) : EMPTY;
    isNear &&= hasMark(open, 0);
  }

  return {
    /** @returns where in the stream its last event begins; null as long as that has not come whole */
    push(chunk: Buffer): number | null {
      const piece = open.length === 0 ? chunk : Buffer.concat([open, chunk]);
      isNear ||= hasMark(piece, Math.max(0, open.length - longestMark + 1));
      const found = isNear ? lastIn(piece) : null;
      if (found === null) keepOpen(piece);
      return found;
    },
  };
}

/** Offset after the last blank line, or 0. */
function borderIn(piece: Buffer): number {
  const lines = piece.lastIndexOf('\n\n');
  if (lines !== -1) return lines + 2;
  const pairs = piece.lastIndexOf('\n\r\n');
  if (pairs !== -1) return pairs + 3;
  const returns = piece.lastIndexOf('\r\r');
  return returns === -1 ? 0 : returns + 2;
}
