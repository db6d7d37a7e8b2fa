import type { Framing } from '../dialects/dialect.ts';
import { createArraySplitter, type StreamItem } from '../reading/split-array.ts';
import { createSseParser } from '../sse/parse-events.ts';

/** Bytes of a stream that go on together: one event, or what stands between events. */
export interface Frame {
  readonly bytes: Buffer;
  /** What was read in them. */
  readonly items: readonly StreamItem[];
}

/** Cuts a stream into frames; all frames joined are its bytes. */
export interface FrameSplitter {
  push(chunk: Buffer): Frame[];
  /** The stream has ended; the last frame holds what is left. */
  end(): Frame[];
  /** Bytes of which no frame has been given yet. */
  pendingBytes(): number;
}

export function createFrameSplitter(framing: Framing, maxItemBytes: number): FrameSplitter {
  const parser = (framing === 'events' ? createSseParser : createArraySplitter)(maxItemBytes);
  let pending: Buffer = Buffer.alloc(0);
  let offset = 0;
  // The end of an array is told when it is found, and its bytes belong to what follows.
  let early: StreamItem[] = [];

  function cut(end: number): Buffer {
    const bytes = pending.subarray(0, end - offset);
    pending = pending.subarray(bytes.length);
    offset += bytes.length;
    return bytes;
  }

  /** An item belongs to the bytes from its start to the next one's. */
  function framesOf(items: readonly StreamItem[], end: number): Frame[] {
    const found = [...early, ...items];
    early = found.filter(({ start }) => start >= end);
    let inside = found.filter(({ start }) => start < end);
    const ends = new Set([...inside.map(({ start }) => start), end]);
    return [...ends]
      .filter((to) => to > offset)
      .sort((a, b) => a - b)
      .map((to) => {
        const own = inside.filter(({ start }) => start < to);
        inside = inside.filter(({ start }) => start >= to);
        return { bytes: cut(to), items: own };
      });
  }

  return {
    push(chunk) {
      pending = Buffer.concat([pending, chunk]);
      return framesOf(parser.push(chunk), parser.position());
    },
    end() {
      const frames = framesOf(parser.end(), offset + pending.length);
      return early.length === 0 ? frames : [...frames, { bytes: pending, items: early }];
    },
    pendingBytes: () => pending.length,
  };
}
