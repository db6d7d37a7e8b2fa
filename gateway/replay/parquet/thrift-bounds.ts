const MAX_DEPTH = 16;

/** Where a walk is. */
interface Walk {
  readonly bytes: Uint8Array;
  at: number;
}

/** Walks through a Thrift struct in the compact protocol without keeping anything of it, so that a list that claims more
 *  than comes is found before a parser asks for its memory.
 *  @param bytes - begin with the struct; what comes behind it is not looked at
 *  @throws {RangeError} saying at which byte
 *  @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
export function checkThrift(bytes: Uint8Array): void {
  passStruct({ bytes, at: 0 }, 1);
}

function passStruct(walk: Walk, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`structures ${depth} deep at byte ${walk.at}`);
  for (;;) {
    const head = nextByte(walk);
    const type = head & 15;
    if (type === 0) return;
    if (head >> 4 === 0) readNumber(walk, 5);
    // A flag has no bytes of its own: its value is its type.
    if (type > 2) passValue(walk, type, depth);
  }
}

function passValue(walk: Walk, type: number, depth: number): void {
  if (type <= 3) passBytes(walk, 1);
  else if (type <= 6) readNumber(walk, type === 6 ? 10 : 5);
  else if (type === 7) passBytes(walk, 8);
  else if (type === 8) passBytes(walk, readNumber(walk, 5));
  else if (type === 9) passList(walk, depth + 1);
  else if (type === 12) passStruct(walk, depth + 1);
  else throw new RangeError(`a value of type ${type} at byte ${walk.at}`);
}

function passList(walk: Walk, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`lists ${depth} deep at byte ${walk.at}`);
  const head = nextByte(walk);
  const count = head >> 4 === 15 ? readNumber(walk, 5) : head >> 4;
  const left = walk.bytes.length - walk.at;
  if (count > left) throw new RangeError(`a list of ${count} values where ${left} bytes are left`);
  for (let i = 0; i < count; i++) passValue(walk, head & 15, depth);
}

function passBytes(walk: Walk, length: number): void {
  const left = walk.bytes.length - walk.at;
  if (length > left) throw new RangeError(`a value of ${length} bytes where ${left} are left`);
  walk.at += length;
}

function readNumber(walk: Walk, maxBytes: number): number {
  let value = 0;
  for (let i = 0; i < maxBytes; i++) {
    const byte = nextByte(walk);
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return value;
  }
  throw new RangeError(`a number of more than ${maxBytes} bytes at byte ${walk.at}`);
}

function nextByte(walk: Walk): number {
  const byte = walk.bytes[walk.at];
  if (byte === undefined) throw new RangeError(`a structure does not end in its ${walk.at} bytes`);
  walk.at += 1;
  return byte;
}
