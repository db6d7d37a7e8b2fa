const BLOCK_BYTES = 18;
const BLOCK_WEIGHTS = 32;
const HALF = BLOCK_WEIGHTS / 2;

/** Writes the embedding of one token: a row of 4-bit blocks, each a float16 scale and 16 bytes; the low nibbles are
 *  weights 0 to 15, the high ones 16 to 31, value = (nibble - 8) × scale.
 *  @param table - `token-table.bin`, [vocabulary, dModel / 32 * 18]
 *  @param out - float32, written at `at` .. `at` + dModel */
export function readEmbedding(
  table: Uint8Array,
  dModel: number,
  id: number,
  out: Float32Array,
  at: number,
): void {
  const blocks = dModel / BLOCK_WEIGHTS;
  for (let block = 0; block < blocks; block++) {
    const from = (id * blocks + block) * BLOCK_BYTES;
    const to = at + block * BLOCK_WEIGHTS;
    const scale = halfToFloat((table[from] ?? 0) | ((table[from + 1] ?? 0) << 8));
    for (let i = 0; i < HALF; i++) {
      const nibbles = table[from + 2 + i] ?? 0;
      out[to + i] = ((nibbles & 15) - 8) * scale;
      out[to + HALF + i] = ((nibbles >> 4) - 8) * scale;
    }
  }
}

const halfBits = new Uint16Array(1);
const half = new Float16Array(halfBits.buffer);

function halfToFloat(bits: number): number {
  halfBits[0] = bits;
  return half[0] ?? 0;
}
