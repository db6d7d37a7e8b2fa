/** One event of a server-sent event stream, or what could not be read as one.
 *  `start` is the byte offset of its first line in the decoded stream. */
export type SseItem =
  | { readonly kind: 'event'; readonly data: string; readonly start: number }
  | {
      readonly kind: 'unread';
      readonly reason: 'bad_sse' | 'bad_utf8' | 'over_cap';
      readonly bytes: number;
      readonly start: number;
    };

/** Reads events out of bytes that come in any cut; the bytes themselves stay where they are. */
export interface SseParser {
  push(chunk: Uint8Array): SseItem[];
  /** The stream has ended; an event without its blank line is still given, since some clients read it. */
  end(): SseItem[];
}

const CR = 13;
const LF = 10;
const COLON = 58;
const SPACE = 32;
const BOM = [0xef, 0xbb, 0xbf];
/** Fields that carry no text that a client shows. */
const SILENT_FIELDS = new Set(['event', 'id', 'retry']);

/** @param maxLineBytes - longer lines are skipped to their end and given as `over_cap`
 *  @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export function createSseParser(maxLineBytes: number): SseParser {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let skippedBytes = 0;
  let offset = 0;
  let eventStart = 0;
  let afterCr = false;
  let isFirstLine = true;
  let data: string[] = [];
  let hasData = false;

  function takeLine(line: Buffer, end: number, items: SseItem[]): void {
    const bytes = isFirstLine && BOM.every((byte, index) => line[index] === byte) ? line.subarray(3) : line;
    isFirstLine = false;
    if (skippedBytes > 0) {
      items.push({ kind: 'unread', reason: 'over_cap', bytes: skippedBytes, start: eventStart });
      skippedBytes = 0;
      return;
    }
    if (bytes.length === 0) {
      dispatch(end, items);
      return;
    }
    const colon = bytes.indexOf(COLON);
    if (colon === 0) return;
    const name = bytes.toString('latin1', 0, colon === -1 ? bytes.length : colon);
    if (SILENT_FIELDS.has(name)) return;
    if (name !== 'data') {
      items.push({ kind: 'unread', reason: 'bad_sse', bytes: bytes.length, start: eventStart });
      return;
    }
    const from = colon === -1 ? bytes.length : bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
    try {
      data.push(decoder.decode(bytes.subarray(from)));
      hasData = true;
    } catch {
      items.push({ kind: 'unread', reason: 'bad_utf8', bytes: bytes.length, start: eventStart });
    }
  }

  function dispatch(end: number, items: SseItem[]): void {
    if (hasData) items.push({ kind: 'event', data: data.join('\n'), start: eventStart });
    data = [];
    hasData = false;
    eventStart = end;
  }

  function keep(part: Buffer): void {
    if (part.length === 0) return;
    if (skippedBytes > 0 || pendingBytes + part.length > maxLineBytes) {
      skippedBytes += pendingBytes + part.length;
      pending = [];
      pendingBytes = 0;
      return;
    }
    pending.push(part);
    pendingBytes += part.length;
  }

  function finishLine(part: Buffer, end: number, items: SseItem[]): void {
    keep(part);
    const line = pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    takeLine(line, end, items);
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const items: SseItem[] = [];
      let lineStart = 0;
      if (afterCr && bytes.length > 0) {
        if (bytes[0] === LF) {
          lineStart = 1;
          if (eventStart === offset) eventStart += 1;
        }
        afterCr = false;
      }
      for (let at = nextBreak(bytes, lineStart); at !== -1; at = nextBreak(bytes, lineStart)) {
        const isCr = bytes[at] === CR;
        const isPair = isCr && bytes[at + 1] === LF;
        if (isCr && at + 1 === bytes.length) afterCr = true;
        const next = at + (isPair ? 2 : 1);
        finishLine(bytes.subarray(lineStart, at), offset + next, items);
        lineStart = next;
      }
      // A copy, since the chunk belongs to the caller once this returns.
      keep(Buffer.from(bytes.subarray(lineStart)));
      offset += bytes.length;
      return items;
    },
    end() {
      const items: SseItem[] = [];
      if (pendingBytes > 0 || skippedBytes > 0) finishLine(Buffer.alloc(0), offset, items);
      dispatch(offset, items);
      return items;
    },
  };
}

function nextBreak(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.subarray(from, lf === -1 ? bytes.length : lf).indexOf(CR);
  return cr === -1 ? lf : from + cr;
}
