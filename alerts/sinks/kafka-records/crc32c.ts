const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** TABLES[k * 256 + b]: what the byte b adds that stands k bytes before the last of eight. */
const TABLES = tablesOf();

/** CRC-32C (Castagnoli) of a stretch of a buffer, eight bytes at a time.
 *  @returns 0 to 2^32 - 1
 *  @see Kounavis and Berry 2005, "A Systematic Approach to Building High Performance Software-Based CRC Generators" */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const t = TABLES;
  const at = (index: number): number => bytes[index] as number;
  let crc = -1;
  let i = from;
  for (; i + SLICES <= to; i += SLICES) {
    const low = crc ^ (at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
    crc =
      (t[1792 + (low & 255)] as number) ^
      (t[1536 + ((low >>> 8) & 255)] as number) ^
      (t[1280 + ((low >>> 16) & 255)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + at(i + 4)] as number) ^
      (t[512 + at(i + 5)] as number) ^
      (t[256 + at(i + 6)] as number) ^
      (t[at(i + 7)] as number);
  }
  for (; i < to; i += 1) crc = (t[(crc ^ at(i)) & 255] as number) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

function tablesOf(): Int32Array {
  const tables = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index += 1) {
    const before = tables[index - 256] as number;
    tables[index] = (tables[before & 255] as number) ^ (before >>> 8);
  }
  return tables;
}
