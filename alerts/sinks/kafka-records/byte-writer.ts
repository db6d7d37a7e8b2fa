/** Bytes as a record has them: text is UTF-8, null is no bytes at all. */
export type Bytes = string | Buffer | null;

/** Writes into one buffer, one thing after another, as Kafka's protocol has them. */
export interface ByteWriter {
  readonly buffer: Buffer;
  /** Where the next byte goes. */
  offset(): number;
  int8(value: number): void;
  int16(value: number): void;
  int32(value: number): void;
  /** @param value - an integer; a decimal where it may be above 2^53 */
  int64(value: number | string): void;
  /** A length of two bytes, then the text; -1 for null. */
  string(value: string | null): void;
  /** Zigzag: small negative numbers are short too. */
  varint(value: number): void;
  /** A length as varint, then the bytes; -1 for null. @param length - of the bytes, as `lengthOf` says */
  bytes(value: Bytes, length: number): void;
}

/** Of the bytes of a value; -1 where there are none. */
export function lengthOf(value: Bytes): number {
  if (value === null) return -1;
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length;
}

/** How many bytes an integer takes as varint. @param value - within ±2^52 */
export function varintSize(value: number): number {
  let rest = zigzag(value);
  let size = 1;
  for (; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

/** @param size - all that will be written, in bytes */
export function createByteWriter(size: number): ByteWriter {
  const buffer = Buffer.allocUnsafe(size);
  let offset = 0;
  const int16 = (value: number): void => {
    offset = buffer.writeInt16BE(value, offset);
  };
  const varint = (value: number): void => {
    let rest = zigzag(value);
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[offset++] = (rest % 128) | 128;
    buffer[offset++] = rest;
  };
  const raw = (value: string | Buffer): void => {
    if (typeof value === 'string') offset += buffer.write(value, offset);
    else offset += value.copy(buffer, offset);
  };
  return {
    buffer,
    offset: () => offset,
    int8(value) {
      offset = buffer.writeInt8(value, offset);
    },
    int16,
    int32(value) {
      offset = buffer.writeInt32BE(value, offset);
    },
    int64(value) {
      offset = buffer.writeBigInt64BE(BigInt(value), offset);
    },
    string(value) {
      int16(lengthOf(value));
      if (value !== null) raw(value);
    },
    varint,
    bytes(value, length) {
      varint(length);
      if (value !== null) raw(value);
    },
  };
}

/** By arithmetic, not by bits: differences of times do not fit into 32 of them. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}
