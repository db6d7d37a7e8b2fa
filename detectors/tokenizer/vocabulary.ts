import { DetectorError } from '../detector-error.ts';
import { buildPieceTrie, type PieceTrie } from './piece-trie.ts';

const MAGIC = 'TTK1';
/** A code point that no piece contains costs this much more than the rarest piece (SentencePiece's constant). */
const UNKNOWN_PENALTY = 10;

/** What the tokenizer knows: pieces with log probabilities, and the normalisation of single code points. */
export interface Vocabulary {
  readonly trie: PieceTrie;
  /** float64 [pieces], from float32. */
  readonly scores: Float64Array;
  readonly unknownId: number;
  readonly unknownScore: number;
  readonly padId: number;
  /** Code points that a code point becomes (none to drop it), undefined where it stays as it is. */
  normalise(codePoint: number): Uint32Array | undefined;
}

/** Parses `tokenizer.bin`; the layout is documented in `training/export_files.py`.
 *  @throws {DetectorError} FORMAT_UNKNOWN, FILE_TRUNCATED, SHAPE_MISMATCH */
export function parseVocabulary(file: Uint8Array): Vocabulary {
  const magic = new TextDecoder('latin1').decode(file.subarray(0, 4));
  if (magic !== MAGIC) {
    const shown = JSON.stringify(magic);
    throw new DetectorError('FORMAT_UNKNOWN', `tokenizer.bin: begins with ${shown}, expected ${MAGIC}`);
  }
  const sections = createSections(file);
  const head = sections.words(8);
  const [pieces = 0, , , pad = 0, unk = 0, mapped = 0, outputs = 0, blobBytes = 0] = head;
  const scores = Float64Array.from(new Float32Array(sections.words(pieces).buffer));
  const keys = sections.words(mapped);
  const values = sections.words(outputs);
  const lengths = sections.bytes(pieces);
  const counts = sections.bytes(mapped);
  const texts = splitPieces(sections.bytes(blobBytes), lengths);
  const map = buildMap(keys, values, counts);
  return {
    trie: buildPieceTrie(texts),
    scores,
    unknownId: unk,
    unknownScore:
      scores.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY) - UNKNOWN_PENALTY,
    padId: pad,
    normalise: (codePoint) => map.get(codePoint),
  };
}

function createSections(file: Uint8Array) {
  let at = 4;
  const bytes = (length: number): Uint8Array => {
    if (at + length > file.length) {
      const message = `tokenizer.bin: ${at + length} bytes expected, ${file.length} found`;
      throw new DetectorError('FILE_TRUNCATED', message, {
        fields: { expected: at + length, found: file.length },
      });
    }
    at += length;
    return Uint8Array.from(file.subarray(at - length, at));
  };
  return { bytes, words: (count: number) => new Uint32Array(bytes(4 * count).buffer) };
}

function splitPieces(blob: Uint8Array, lengths: Uint8Array): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = 0;
  return Array.from(lengths, (length) => {
    at += length;
    return decoder.decode(blob.subarray(at - length, at));
  });
}

function buildMap(keys: Uint32Array, values: Uint32Array, counts: Uint8Array): Map<number, Uint32Array> {
  const map = new Map<number, Uint32Array>();
  let at = 0;
  for (const [i, count] of counts.entries()) {
    map.set(keys[i] ?? 0, values.subarray(at, at + count));
    at += count;
  }
  return map;
}
