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
    lead: () => null,
    close: () => {},
  };
}

const EMPTY = Buffer.alloc(0);
const LF = 10;
const CR = 13;

/** What stands before the bytes of an event where they are parsed by themselves: nothing at the beginning of the stream, a
 *  line's end where a line begins, and in the middle of a line what makes the rest of it a comment. */
type Lead = '' | '\n' | ':';

/** Events are told apart only near the marks of an end; before, their borders are enough. What came of an event is joined
 *  once it is whole: an event in many small pieces costs no more than one in few. */
function createEndSearch({ marks, isLast }: StreamEnd, maxLineBytes: number) {
  const reach = Math.max(...marks.map((mark) => mark.length)) - 1;
  /** What has come of the event that is not whole yet, where in the stream that begins, and whether a mark is in it. */
  let open: Buffer[] = [];
  let openBytes = 0;
  let start = 0;
  let lead: Lead = '';
  let isNear = false;
  /** The event's newest bytes: marks and borders may be cut. */
  let tail = EMPTY;
  /** Whether the newest byte is a CR that ended the event before, to which an LF belongs then. */
  let isAfterCr = false;

  const firstMark = (piece: Buffer) =>
    marks.reduce((first, mark) => {
      const at = piece.indexOf(mark, 0, 'latin1');
      return at !== -1 && (first === -1 || at < first) ? at : first;
    }, -1);
  const hasMark = (piece: Buffer) => firstMark(piece) !== -1;

  function restart(at: number, how: Lead): void {
    open = [];
    openBytes = 0;
    start = at;
    lead = how;
    isNear = false;
  }

  function lastIn(rest: Buffer): number | null {
    const whole = Buffer.concat([Buffer.from(lead), ...open, rest]);
    for (const item of createSseParser(maxLineBytes).push(whole)) {
      if (item.kind === 'event' && isLast(item.data)) return start + item.start - lead.length;
    }
    return null;
  }

  function keep(part: Buffer): void {
    if (part.length === 0) return;
    // A copy, since what came belongs to the caller.
    const own = Buffer.from(part);
    open.push(own);
    openBytes += own.length;
    const newest = Buffer.concat([tail, own.subarray(-reach)]);
    tail = newest.subarray(-reach);
    if (openBytes > maxLineBytes) dropLines(own);
  }

  /** Of an event that is longer than a line may be the lines so far are let go. */
  function dropLines(newest: Buffer): void {
    const lineAt = Math.max(newest.lastIndexOf(LF), newest.lastIndexOf(CR)) + 1;
    const rest = lineAt === 0 ? EMPTY : newest.subarray(lineAt);
    restart(start + openBytes - rest.length, lineAt === 0 ? ':' : '\n');
    if (rest.length === 0) return;
    open = [rest];
    openBytes = rest.length;
    isNear = hasMark(rest);
  }

  /** @returns where in the stream its last event begins; null as long as that has not come whole */
  function take(chunk: Buffer): number | null {
    const joins = isAfterCr && chunk[0] === LF;
    const own = joins ? chunk.subarray(1) : chunk;
    if (joins) start += 1;
    if (chunk.length > 0) isAfterCr = false;
    const piece = tail.length === 0 ? own : Buffer.concat([tail, own]);
    isNear ||= hasMark(piece);
    const border = borderIn(piece) - tail.length;
    if (border <= 0) {
      keep(own);
      return null;
    }
    const found = isNear ? lastIn(own.subarray(0, border)) : null;
    if (found !== null) return found;
    const rest = own.subarray(border);
    restart(start + openBytes + border, '\n');
    tail = EMPTY;
    isNear = hasMark(rest);
    isAfterCr = rest.length === 0 && own[border - 1] === CR;
    keep(rest);
    return null;
  }

  return {
    /** As `take`; events before the one with the mark are not parsed, however much comes at once. */
    push(chunk: Buffer): number | null {
      const markAt = firstMark(chunk);
      const before = markAt === -1 ? 0 : borderIn(chunk.subarray(0, markAt));
      if (before === 0) return take(chunk);
      return take(chunk.subarray(0, before)) ?? take(chunk.subarray(before));
    },
  };
}

/** Offset after the last blank line, or 0. */
function borderIn(piece: Buffer): number {
  const end = Math.max(...BLANK_LINES.map((ends) => piece.lastIndexOf(ends))) + 2;
  if (end === 1) return 0;
  return piece[end - 1] === CR && piece[end] === LF ? end + 1 : end;
}

/** A line's end right after another; CRLF is one. */
const BLANK_LINES = ['\n\n', '\n\r', '\r\r'] as const;
