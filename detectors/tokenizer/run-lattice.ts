import type { Vocabulary } from './vocabulary.ts';

/** Longest run that is segmented at once, in code points; longer ones are cut, as in training. */
export const MAX_RUN_CODE_POINTS = 512;

/** Where the tokens of a run go. Offsets are UTF-16 offsets in the segment's text. */
export type EmitToken = (id: number, start: number, end: number) => void;

/** The most probable segmentation of one run of code points (Viterbi over Unigram pieces; Kudo 2018, arXiv:1804.10959),
 *  code point by code point. Of two segmentations with equal scores the one whose last piece begins earlier wins. */
export interface RunLattice {
  length(): number;
  /** Adds a code point that came from [start, end) of the text. */
  add(codePoint: number, start: number, end: number): void;
  /** Moves the end of the last code point added. */
  extend(end: number): void;
  /** Emits the tokens that no further code point can change. */
  emitConverged(emit: EmitToken): void;
  /** Emits what is left and begins an empty run. */
  finish(emit: EmitToken): void;
  clone(): RunLattice;
}

interface Lattice {
  length: number;
  /** Code points whose tokens have been emitted. */
  emitted: number;
  /** Pieces that may still grow, by ascending start. */
  walks: number;
  readonly walkStart: Int32Array;
  readonly walkNode: Int32Array;
  /** [position]: score of the best segmentation that ends there, its last piece and where that begins. */
  readonly score: Float64Array;
  readonly piece: Int32Array;
  readonly begin: Int32Array;
  /** [code point]: where it came from. */
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** An empty run over a vocabulary. */
export function createRunLattice(vocabulary: Vocabulary): RunLattice {
  return over(vocabulary, emptyLattice(vocabulary.trie.depth));
}

function emptyLattice(depth: number): Lattice {
  const size = MAX_RUN_CODE_POINTS + 1;
  return {
    length: 0,
    emitted: 0,
    walks: 0,
    walkStart: new Int32Array(depth + 1),
    walkNode: new Int32Array(depth + 1),
    score: new Float64Array(size),
    piece: new Int32Array(size),
    begin: new Int32Array(size),
    start: new Int32Array(size),
    end: new Int32Array(size),
  };
}

function over(vocabulary: Vocabulary, lattice: Lattice): RunLattice {
  return {
    length: () => lattice.length,
    add: (codePoint, start, end) => addCodePoint(vocabulary, lattice, codePoint, start, end),
    extend: (end) => {
      lattice.end[lattice.length - 1] = end;
    },
    emitConverged: (emit) => {
      const settled = beforeUnknown(lattice, convergence(lattice), vocabulary.unknownId);
      emitUpTo(lattice, settled, vocabulary.unknownId, emit);
    },
    finish: (emit) => {
      emitUpTo(lattice, lattice.length, vocabulary.unknownId, emit);
      lattice.length = 0;
      lattice.emitted = 0;
      lattice.walks = 0;
    },
    clone: () => over(vocabulary, structuredClone(lattice)),
  };
}

function addCodePoint(v: Vocabulary, lattice: Lattice, codePoint: number, start: number, end: number): void {
  const { trie, scores } = v;
  const { walkStart, walkNode, score, piece, begin } = lattice;
  const from = lattice.length;
  const to = from + 1;
  const code = trie.codeOf(codePoint);
  lattice.start[from] = start;
  lattice.end[from] = end;
  walkStart[lattice.walks] = from;
  walkNode[lattice.walks] = 0;
  let best = Number.NEGATIVE_INFINITY;
  let bestPiece = v.unknownId;
  let bestBegin = from;
  let alive = 0;
  let isKnown = false;
  for (let i = 0; i <= lattice.walks; i++) {
    const node = code === 0 ? 0 : trie.child(walkNode[i] ?? 0, code);
    if (node === 0) continue;
    const at = walkStart[i] ?? 0;
    walkStart[alive] = at;
    walkNode[alive++] = node;
    const id = trie.pieceAt[node] ?? -1;
    if (id < 0) continue;
    if (at === from) isKnown = true;
    const candidate = (scores[id] ?? 0) + (score[at] ?? 0);
    if (candidate > best) {
      best = candidate;
      bestPiece = id;
      bestBegin = at;
    }
  }
  if (!isKnown) {
    const candidate = v.unknownScore + (score[from] ?? 0);
    if (candidate > best) {
      best = candidate;
      bestPiece = v.unknownId;
      bestBegin = from;
    }
  }
  score[to] = best;
  piece[to] = bestPiece;
  begin[to] = bestBegin;
  lattice.walks = alive;
  lattice.length = to;
}

/** The last position that the best segmentation passes through whatever follows: where the paths to the end and to
 *  the starts of all pieces that may still grow meet. */
function convergence(lattice: Lattice): number {
  const heads = [...lattice.walkStart.subarray(0, lattice.walks), lattice.length];
  for (;;) {
    const last = heads.at(-1) ?? 0;
    if (last <= lattice.emitted) return lattice.emitted;
    if (heads.length === 1) return last;
    heads.pop();
    const back = lattice.begin[last] ?? 0;
    let place = heads.length;
    while (place > 0 && (heads[place - 1] ?? 0) > back) place--;
    if (heads[place - 1] !== back) heads.splice(place, 0, back);
  }
}

/** Steps back over unknown pieces before `position`: unknown code points that follow would join them. */
function beforeUnknown(lattice: Lattice, position: number, unknownId: number): number {
  let at = position;
  while (at > lattice.emitted && lattice.piece[at] === unknownId) at = lattice.begin[at] ?? 0;
  return at;
}

function emitUpTo(lattice: Lattice, position: number, unknownId: number, emit: EmitToken): void {
  const ends: number[] = [];
  for (let at = position; at > lattice.emitted; at = lattice.begin[at] ?? 0) ends.push(at);
  let unknownFrom = -1;
  for (let i = ends.length - 1; i >= 0; i--) {
    const to = ends[i] ?? 0;
    const from = lattice.begin[to] ?? 0;
    const id = lattice.piece[to] ?? 0;
    const first = id === unknownId && unknownFrom >= 0 ? unknownFrom : from;
    const goesOn = id === unknownId && i > 0 && lattice.piece[ends[i - 1] ?? 0] === unknownId;
    unknownFrom = goesOn ? first : -1;
    if (!goesOn) emit(id, lattice.start[first] ?? 0, lattice.end[to - 1] ?? 0);
  }
  lattice.emitted = position;
}
