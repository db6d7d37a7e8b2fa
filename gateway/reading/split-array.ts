import type { SseItem } from '../sse/parse-events.ts';

/** What comes out of a stream's framing; `end`: the array is closed, and a client knows that it is whole. */
export type StreamItem = SseItem | { readonly kind: 'end'; readonly start: number };

/** Finds the items of one JSON array in bytes that come in any cut; the bytes themselves stay where they are. */
export interface ArraySplitter {
  push(chunk: Uint8Array): StreamItem[];
  /** The stream has ended; what has begun is still given. */
  end(): StreamItem[];
  /** Offset of the first byte that belongs to no item so far. */
  position(): number;
  /** What must stand before one more item after all that came before the array's end; null inside of an item. */
  lead(): string | null;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
/** Space, and the byte order mark's three bytes. */
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
const OPEN = new Set([OPEN_LIST, 0x7b]);
const CLOSE = new Set([CLOSE_LIST, 0x7d]);
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Gives each item as an event; what stands before a `[` or after its `]` is one too, so that no byte is passed over.
 *  @param maxItemBytes - longer items are passed over and given as `over_cap` */
export function createArraySplitter(maxItemBytes: number): ArraySplitter {
  const item = createItem(maxItemBytes);
  let isInList = false;
  let hasBegun = false;
  let lead = '[';

  /** @returns whether the byte belongs to an item */
  function outside(byte: number, at: number, items: StreamItem[]): boolean {
    if (isInList && byte === COMMA) lead = '';
    if (BLANK.has(byte) || (isInList && byte === COMMA)) return false;
    if (!hasBegun && byte === OPEN_LIST) {
      isInList = true;
      lead = '';
    } else if (isInList && byte === CLOSE_LIST) {
      isInList = false;
      items.push({ kind: 'end', start: at });
    } else return true;
    hasBegun = true;
    return false;
  }

  function take(end: number, items: StreamItem[]): void {
    items.push(item.take(end));
    if (isInList) lead = ',';
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const items: StreamItem[] = [];
      item.begin(bytes);
      for (let index = 0; index < bytes.length; index++) {
        const byte = bytes[index] ?? 0;
        if (item.isOpen() && item.endsBefore(byte)) take(index, items);
        if (!item.isOpen() && !outside(byte, item.offset() + index, items)) continue;
        hasBegun = true;
        if (item.add(byte, index)) take(index + 1, items);
      }
      item.keep();
      return items;
    },
    end: () => (item.isOpen() ? [item.take(0)] : []),
    position: item.previousEnd,
    lead: () => (item.isOpen() ? null : lead),
  };
}

/** The item that is coming; places are within the chunk that was begun with. */
function createItem(maxBytes: number) {
  let parts: Buffer[] = [];
  let chunk: Buffer = Buffer.alloc(0);
  let offset = 0;
  let from: number | null = null;
  let length = 0;
  let start = 0;
  let previousEnd = 0;
  let depth = 0;
  let isText = false;
  let isEscaped = false;

  function gather(end: number): void {
    if (from === null) return;
    const part = chunk.subarray(from, end);
    length += part.length;
    if (length > maxBytes) parts = [];
    // A copy, since the chunk belongs to the caller once push returns.
    else parts.push(Buffer.from(part));
  }

  return {
    offset: () => offset,
    previousEnd: () => previousEnd,
    isOpen: () => from !== null,
    begin(bytes: Buffer): void {
      chunk = bytes;
      if (from !== null) from = 0;
    },
    /** Whether a value that is no list and no object is over with this byte. */
    endsBefore: (byte: number) =>
      depth === 0 && !isText && (byte === COMMA || byte === CLOSE_LIST || BLANK.has(byte)),
    /** @returns whether the item is over with this byte */
    add(byte: number, index: number): boolean {
      if (from === null) {
        from = index;
        start = previousEnd;
      }
      if (isEscaped) isEscaped = false;
      else if (isText && byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) isText = !isText;
      else if (isText) return false;
      else if (OPEN.has(byte)) depth += 1;
      else if (CLOSE.has(byte)) depth = Math.max(depth - 1, 0);
      return depth === 0 && !isText && CLOSE.has(byte);
    },
    keep(): void {
      gather(chunk.length);
      offset += chunk.length;
      chunk = Buffer.alloc(0);
      if (from !== null) from = 0;
    },
    take(end: number): StreamItem {
      gather(end);
      const taken = itemOf(length > maxBytes ? null : Buffer.concat(parts), length, start);
      parts = [];
      [from, length, depth, isText, isEscaped] = [null, 0, 0, false, false];
      previousEnd = offset + end;
      return taken;
    },
  };
}

function itemOf(bytes: Buffer | null, length: number, start: number): StreamItem {
  if (bytes === null) return { kind: 'unread', reason: 'over_cap', bytes: length, start };
  try {
    return { kind: 'event', data: decoder.decode(bytes), start };
  } catch {
    return { kind: 'unread', reason: 'bad_utf8', bytes: length, start };
  }
}
