import { closeSync, openSync, readSync } from 'node:fs';

/** Long enough that no other text has it by chance, short enough to lie within one page of the database. */
const PIECE_LENGTH = 24;
/** Pieces looked for of one text: its beginning, its end and places between. */
const MAX_PIECES = 8;
const CHUNK_BYTES = 1024 * 1024;

/** Pieces of a text to look for. A text is stored over several pages, so that a long piece might be found in none;
 *  a text shorter than a piece is looked for whole, and one too short to tell is not. */
export function piecesOf(text: string): string[] {
  const whole = text.toWellFormed().replaceAll('\uFFFD', '');
  if (whole.length < 8) return [];
  if (whole.length <= PIECE_LENGTH) return [whole];
  const last = whole.length - PIECE_LENGTH;
  const count = Math.min(MAX_PIECES, Math.ceil(whole.length / PIECE_LENGTH));
  const starts = Array.from({ length: count }, (_, index) =>
    Math.floor((last * index) / Math.max(1, count - 1)),
  );
  const pieces = starts.map((start) => whole.slice(start, start + PIECE_LENGTH));
  return [...new Set(pieces.filter((piece) => piece.isWellFormed()))];
}

/** How many of the pieces stand in at least one of the files. */
export function countIn(files: readonly string[], pieces: readonly string[]): number {
  const left = new Map([...new Set(pieces)].map((piece) => [piece, Buffer.from(piece)]));
  const total = left.size;
  for (const file of files) searchFile(file, left);
  return total - left.size;
}

/** Takes out of `left` what stands in the file. */
function searchFile(file: string, left: Map<string, Buffer>): void {
  const longest = Math.max(0, ...[...left.values()].map(({ length }) => length));
  const handle = openSync(file, 'r');
  const buffer = Buffer.alloc(CHUNK_BYTES + longest);
  try {
    let kept = 0;
    for (;;) {
      const read = readSync(handle, buffer, kept, CHUNK_BYTES, null);
      if (read === 0) return;
      const seen = buffer.subarray(0, kept + read);
      for (const [piece, bytes] of left) if (seen.includes(bytes)) left.delete(piece);
      // What a chunk's end cut in two is found with the next.
      kept = Math.min(longest, seen.length);
      seen.copy(buffer, 0, seen.length - kept);
    }
  } finally {
    closeSync(handle);
  }
}
