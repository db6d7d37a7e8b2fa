/** Writes an unsigned integer below 2^32 in groups of seven bits, the lowest first.
 *  @returns where the next byte goes */
export function writeVarint(into: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest > 127) {
    into[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
}

/** Writes float32 values in four planes: the lowest byte of each, then the next ones.
 *  @returns where the next byte goes */
export function putPlanes(into: Uint8Array, start: number, values: Float32Array): number {
  const { length } = values;
  const bits = new Uint32Array(values.buffer, values.byteOffset, length);
  for (let i = 0; i < length; i++) {
    const word = bits[i] ?? 0;
    into[start + i] = word;
    into[start + length + i] = word >>> 8;
    into[start + 2 * length + i] = word >>> 16;
    into[start + 3 * length + i] = word >>> 24;
  }
  return start + 4 * length;
}

/** Reads what `writeVarint` and `putPlanes` wrote, one after the other. */
export interface ByteReader {
  /** @throws {RangeError} past the end */
  varint(): number;
  /** @throws {RangeError} past the end */
  planes(length: number): Float32Array;
  isAtEnd(): boolean;
}

/** A reader over bytes that may be damaged: it never reads past them. */
export function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  return {
    varint() {
      let value = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = bytes[at++];
        if (byte === undefined) throw new RangeError(`the bytes end at ${bytes.length}`);
        value += (byte & 127) * 2 ** shift;
        if (byte < 128) return value;
      }
      throw new RangeError(`no number at byte ${at}`);
    },
    planes(length) {
      if (at + 4 * length > bytes.length) throw new RangeError(`the bytes end at ${bytes.length}`);
      const words = new Uint32Array(length);
      for (let i = 0; i < length; i++) {
        words[i] =
          (bytes[at + i] ?? 0) |
          ((bytes[at + length + i] ?? 0) << 8) |
          ((bytes[at + 2 * length + i] ?? 0) << 16) |
          ((bytes[at + 3 * length + i] ?? 0) << 24);
      }
      at += 4 * length;
      return new Float32Array(words.buffer);
    },
    isAtEnd: () => at === bytes.length,
  };
}
