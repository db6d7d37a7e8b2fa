import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import { asItIs, type MappedText, type Replacement, replaced } from './mapped-text.ts';

const METASPACE = 0x2581;
const LEAST_LETTERS = 5;
/** A piece that goes on with a word costs so much more, in natural logarithms: most words are one piece. */
const GOING_ON = 4;
/** Single letters with the same one of these between them, or with a wider gap where a word ends. */
const SPACED = new RegExp(
  ['[ ]', '[.]', '[-]', '[_]', '[*]', '[|]', '[/]']
    .map((mark) => {
      const gap = mark === '[ ]' ? '[ ]{1,6}' : `(?:${mark}|[ ]{1,3})`;
      return `(?<![\\p{L}\\p{N}])[\\p{L}\\p{N}@$](?:${gap}[\\p{L}\\p{N}@$]){${LEAST_LETTERS - 1},}(?![\\p{L}\\p{N}])`;
    })
    .join('|'),
  'gu',
);

/** Joins letters that stand one by one: `h e l l o` to `hello`. Words are those of a wider gap where there is one, else
 *  the most probable ones (Viterbi over the tokenizer's pieces). */
export function joinedLetters(source: MappedText, vocabulary: Vocabulary): MappedText {
  const found: Replacement[] = [];
  for (const { 0: run, index } of source.text.matchAll(SPACED)) {
    found.push({ start: index, end: index + run.length, by: joined(run, vocabulary) });
  }
  return replaced(source, found);
}

function joined(run: string, vocabulary: Vocabulary): MappedText {
  const separator = [...run][1] ?? ' ';
  const gaps = separator === ' ' ? / {2,}/ : / /;
  const replacements: Replacement[] = [];
  let hasWords = false;
  for (const { 0: gap, index } of run.matchAll(
    separator === ' ' ? / +/g : new RegExp(`[${separator}]| +`, 'g'),
  )) {
    const isWide = gaps.test(gap);
    hasWords ||= isWide;
    replacements.push({ start: index, end: index + gap.length, by: isWide ? ' ' : '' });
  }
  const letters = replaced(asItIs(run), replacements);
  return hasWords ? letters : withWords(letters, vocabulary);
}

/** Puts a space before every piece that begins a word in the most probable segmentation. */
function withWords(letters: MappedText, vocabulary: Vocabulary): MappedText {
  const starts = wordStarts(letters.text.toLowerCase(), vocabulary);
  const text = letters.text;
  const pieces = starts.map((start, index) => ({ start, end: starts[index + 1] ?? text.length }));
  return replaced(
    letters,
    pieces.slice(1).map(({ start, end }) => ({ start, end, by: spaceBefore(text.slice(start, end)) })),
  );
}

function spaceBefore(word: string): MappedText {
  return {
    text: ` ${word}`,
    origin: ({ start, end }) => ({ start: Math.max(0, start - 1), end: Math.max(0, end - 1) }),
  };
}

function wordStarts(text: string, { trie, scores, unknownScore }: Vocabulary): number[] {
  const best = new Float64Array(text.length + 1).fill(Number.NEGATIVE_INFINITY);
  const begin = new Int32Array(text.length + 1);
  const isWord = new Uint8Array(text.length + 1);
  best[0] = 0;
  const first = trie.child(0, trie.codeOf(METASPACE));
  for (let from = 0; from < text.length; from++) {
    const offer = (to: number, score: number, opensWord: boolean) => {
      const total = (best[from] ?? 0) + score;
      if (total <= (best[to] ?? 0)) return;
      best[to] = total;
      begin[to] = from;
      isWord[to] = opensWord ? 1 : 0;
    };
    offer(from + 1, unknownScore, false);
    for (const root of from === 0 ? [first] : [first, 0]) {
      let node = root;
      for (let to = from; to < text.length; ) {
        const code = trie.codeOf(text.charCodeAt(to++));
        node = code === 0 ? 0 : trie.child(node, code);
        if (node === 0) break;
        const id = trie.pieceAt[node] ?? -1;
        if (id >= 0)
          offer(to, (scores[id] ?? unknownScore) - (root === first ? 0 : GOING_ON), root === first);
      }
    }
  }
  const starts: number[] = [];
  for (let at = text.length; at > 0; at = begin[at] ?? 0) if (isWord[at] === 1) starts.push(begin[at] ?? 0);
  starts.reverse();
  return starts[0] === 0 ? starts : [0, ...starts];
}
