import { createLineSplitter, type Line } from './split-lines.ts';

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
  /** Offset of the first byte that belongs to no event so far. */
  position(): number;
}

/** @param maxLineBytes - longer lines are passed over and given as `over_cap`, and so are events whose lines of data are
 *  longer together
 *  @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export function createSseParser(maxLineBytes: number): SseParser {
  const lines = createLineSplitter(maxLineBytes);
  let data: string[] = [];
  let dataBytes = 0;
  let start = 0;
  let offset = 0;
  let isFirstLine = true;

  function takeEvent(end: number): SseItem[] {
    const items = dataBytes === 0 ? [] : [eventOf()];
    data = [];
    dataBytes = 0;
    start = end;
    return items;
  }

  function eventOf(): SseItem {
    const bytes = dataBytes - 1;
    return bytes > maxLineBytes
      ? { kind: 'unread', reason: 'over_cap', bytes, start }
      : { kind: 'event', data: data.join('\n'), start };
  }

  /** Each line counts its end, so that as many empty ones as one likes are bounded too. */
  function add(text: string): void {
    dataBytes += Buffer.byteLength(text) + 1;
    if (dataBytes - 1 > maxLineBytes) data = [];
    else data.push(text);
  }

  function take(line: Line): SseItem[] {
    const field = readField(line, isFirstLine);
    isFirstLine = false;
    if (field.kind === 'blank') return takeEvent(line.end);
    if (field.kind === 'data') add(field.text);
    return field.kind === 'unread'
      ? [{ kind: 'unread', reason: field.reason, bytes: line.length, start }]
      : [];
  }

  return {
    push(chunk) {
      const found = lines.push(chunk);
      // The second half of a CRLF belongs to the event before.
      if (lines.hasJoinedPair() && start === offset) start += 1;
      offset += chunk.length;
      return found.flatMap(take);
    },
    end() {
      const last = lines.end();
      return [...(last === null ? [] : take(last)), ...takeEvent(offset)];
    },
    position: () => start,
  };
}

type Field =
  | { readonly kind: 'blank' | 'silent' }
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'unread'; readonly reason: 'bad_sse' | 'bad_utf8' | 'over_cap' };

const COLON = 58;
const SPACE = 32;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Fields that carry no text that a client shows. */
const SILENT_FIELDS = new Set(['event', 'id', 'retry']);
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readField({ bytes: whole, length }: Line, isFirst: boolean): Field {
  if (whole === null) return { kind: 'unread', reason: 'over_cap' };
  const bytes = isFirst && length >= 3 && whole.subarray(0, 3).equals(BOM) ? whole.subarray(3) : whole;
  if (bytes.length === 0) return { kind: 'blank' };
  const colon = bytes.indexOf(COLON);
  const name = bytes.toString('latin1', 0, colon === -1 ? bytes.length : colon);
  if (colon === 0 || SILENT_FIELDS.has(name)) return { kind: 'silent' };
  if (name !== 'data') return { kind: 'unread', reason: 'bad_sse' };
  const from = colon === -1 ? bytes.length : colon + (bytes[colon + 1] === SPACE ? 2 : 1);
  try {
    return { kind: 'data', text: decoder.decode(bytes.subarray(from)) };
  } catch {
    return { kind: 'unread', reason: 'bad_utf8' };
  }
}
