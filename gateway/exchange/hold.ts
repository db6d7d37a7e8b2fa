/** More than this after the end of a stream is no answer any more. */
export const MAX_TRAILING_BYTES = 1024 * 1024;

/** Bytes that wait for the record of their exchange, in the order they came. */
export interface Hold {
  bytes(): number;
  add(chunk: Buffer): void;
  /** Takes out all but the last `keep` bytes. */
  release(keep: number): Buffer[];
}

const EMPTY = Buffer.alloc(0);

export function createHold(): Hold {
  let chunks: Buffer[] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    add(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
    },
    release(keep) {
      const whole = chunks.length;
      let taken = 0;
      const released: Buffer[] = [];
      for (let surplus = bytes - keep; surplus > 0 && taken < whole; surplus = bytes - keep) {
        const first = chunks[taken] ?? EMPTY;
        const part = first.subarray(0, surplus);
        released.push(part);
        bytes -= part.length;
        if (part.length === first.length) taken += 1;
        else chunks[taken] = first.subarray(part.length);
      }
      chunks = chunks.slice(taken);
      return released;
    },
  };
}
