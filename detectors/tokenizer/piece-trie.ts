import { DetectorError } from '../detector-error.ts';

const CODE_BITS = 12;
const CODE_MASK = (1 << CODE_BITS) - 1;
const MAX_CODES = 1 << 14;
const MAX_NODES = 1 << 20;
const SLOTS_PER_PIECE = 8;

/** All pieces as a trie. Edges lie in one open-addressed table of two words a slot:
 *  node << 12 | low bits of the code, and child << 2 | high bits of the code; child 0 (the root) marks a free slot. */
export interface PieceTrie {
  /** The dense code of a code point, 0 where no piece contains it. */
  codeOf(codePoint: number): number;
  /** The node after `node` and one more code point of this code, 0 where no piece goes on so. The root is 0. */
  child(node: number, code: number): number;
  /** int32 [nodes]: the piece that ends at a node, -1 where none does. */
  readonly pieceAt: Int32Array;
  /** Code points of the longest piece. */
  readonly depth: number;
}

interface Alphabet {
  readonly bmp: Uint16Array;
  readonly astral: Map<number, number>;
  count: number;
}

/** Builds the trie; takes a few tenths of a second for 250,000 pieces.
 *  @throws {DetectorError} SHAPE_MISMATCH when the vocabulary is larger than the packed layout can hold */
export function buildPieceTrie(pieces: readonly string[]): PieceTrie {
  const alphabet: Alphabet = { bmp: new Uint16Array(0x10000), astral: new Map(), count: 0 };
  const slots = 1 << (32 - Math.clz32(pieces.length * SLOTS_PER_PIECE - 1));
  const table = new Int32Array(2 * slots);
  const pieceAt = new Int32Array(MAX_NODES).fill(-1);
  let nodes = 1;
  let depth = 0;
  for (const [id, piece] of pieces.entries()) {
    let node = 0;
    let length = 0;
    for (const character of piece) {
      const code = assignCode(alphabet, character.codePointAt(0) ?? 0);
      const slot = findSlot(table, node, code);
      if (table[slot + 1] === 0) {
        table[slot] = (node << CODE_BITS) | (code & CODE_MASK);
        table[slot + 1] = (nodes << 2) | (code >>> CODE_BITS);
        nodes++;
      }
      node = (table[slot + 1] ?? 0) >>> 2;
      length++;
    }
    pieceAt[node] = id;
    depth = Math.max(depth, length);
    if (nodes > MAX_NODES - 256 || 2 * nodes > slots) throw tooLarge(pieces.length, nodes);
  }
  return {
    codeOf: (codePoint) => codeOf(alphabet, codePoint),
    child: (node, code) => (table[findSlot(table, node, code) + 1] ?? 0) >>> 2,
    pieceAt: pieceAt.slice(0, nodes),
    depth,
  };
}

/** Index of the first word of the slot that holds the edge, or of the free slot where it belongs. */
function findSlot(table: Int32Array, node: number, code: number): number {
  const mask = table.length - 1;
  const first = (node << CODE_BITS) | (code & CODE_MASK);
  const high = code >>> CODE_BITS;
  const mixed = Math.imul(Math.imul(node, 0x9e3779b1) ^ Math.imul(code, 0x85ebca6b), 0xc2b2ae35);
  let slot = ((mixed ^ (mixed >>> 15)) << 1) & mask;
  for (;;) {
    const second = table[slot + 1] ?? 0;
    if (second === 0 || (table[slot] === first && (second & 3) === high)) return slot;
    slot = (slot + 2) & mask;
  }
}

function codeOf(alphabet: Alphabet, codePoint: number): number {
  return codePoint < 0x10000 ? (alphabet.bmp[codePoint] ?? 0) : (alphabet.astral.get(codePoint) ?? 0);
}

function assignCode(alphabet: Alphabet, codePoint: number): number {
  const known = codeOf(alphabet, codePoint);
  if (known !== 0) return known;
  alphabet.count++;
  if (alphabet.count >= MAX_CODES) throw tooLarge(alphabet.count, 0);
  if (codePoint < 0x10000) alphabet.bmp[codePoint] = alphabet.count;
  else alphabet.astral.set(codePoint, alphabet.count);
  return alphabet.count;
}

function tooLarge(pieces: number, nodes: number): DetectorError {
  return new DetectorError(
    'SHAPE_MISMATCH',
    `tokenizer.bin: too large a vocabulary (${pieces}, ${nodes} nodes)`,
  );
}
