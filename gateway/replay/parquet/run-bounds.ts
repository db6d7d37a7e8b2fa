const MAX_WIDTH = 32;
const MAX_FILLING = 1_024;

/** Looks through values that are written in runs, each repeated or packed bit by bit, whether any run has more than there
 *  can be. Goes from run to run as hyparquet does, or what is looked through would not be what is read.
 *  @param width - bits of a value
 *  @param count - the most values
 *  @returns how many values there are
 *  @throws {RangeError} naming the run */
export function checkRuns(bytes: Uint8Array, width: number, count: number): number {
  if (width > MAX_WIDTH) throw new RangeError(`values of ${width} bits`);
  let at = 0;
  let seen = 0;
  while (seen < count && at < bytes.length) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      head += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
      if (shift > 28) throw new RangeError('a run whose length has no end');
    }
    const isPacked = head % 2 === 1;
    const values = Math.floor(head / 2) * (isPacked ? 8 : 1);
    // What is repeated takes no bytes; what is packed has them, and writers fill up the last run: DuckDB to 256 values.
    const most = isPacked ? Math.max(count - seen + MAX_FILLING, 8 * (bytes.length - at)) : count - seen;
    if (values > most) throw new RangeError(`a run of ${values} values in ${count}`);
    seen += values;
    // hyparquet takes a byte of packed values where there are none, too.
    at += isPacked ? Math.max(1, (values / 8) * width) : Math.ceil(width / 8);
  }
  return seen;
}
