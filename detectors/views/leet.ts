import { tokenize } from '../tokenizer/tokenizer.ts';
import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import { type MappedText, type Replacement, replaced } from './mapped-text.ts';
import { logProbability } from './plausibility.ts';

const LETTERS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
  '+': 't',
  '€': 'e',
};
/** Digits or signs with a letter after them in the same word. */
const WORD = /(?<![\p{L}\p{N}@$|€/=_#.-])[\p{L}\p{N}@$!|€]*[0-9@$!|€]\p{L}[\p{L}\p{N}@$!|€]*/gu;
const LEAST_LETTERS = 3;
const MOST_LETTERS = 40;
/** Words come in pieces of about this length; noise in shorter ones. */
const LETTERS_A_PIECE = 4;
/** How much more probable, in natural logarithms, the word must become. */
const LEAST_GAIN = 4;
/** A word that begins or ends so may be a handle, a product or a unit: only a reading in one piece is believed. */
const DOUBTFUL = /^[@$\d]|\d$/u;

/** Reads digits and signs as the letters that they stand for, word by word, where a far more probable word comes out. */
export function withoutLeet(source: MappedText, vocabulary: Vocabulary): MappedText {
  const found: Replacement[] = [];
  for (const { 0: whole, index } of source.text.matchAll(WORD)) {
    const word = whole.replace(/[!+|]+$/u, '');
    if (word.length > MOST_LETTERS || !/\p{L}/u.test(word)) continue;
    const by = bestReading(word, vocabulary);
    if (by !== null) found.push({ start: index, end: index + word.length, by });
  }
  return replaced(source, found);
}

function bestReading(word: string, vocabulary: Vocabulary): string | null {
  const plain = word.toLowerCase();
  const isDoubtful = DOUBTFUL.test(plain);
  if ([...plain].length < LEAST_LETTERS + (isDoubtful ? 1 : 0)) return null;
  const most = isDoubtful ? 1 : Math.ceil(plain.length / LETTERS_A_PIECE);
  const before = logProbability(vocabulary, plain);
  const readings = [read(plain, 'i'), read(plain, 'l')]
    .map((reading) => ({ reading, score: logProbability(vocabulary, reading) }))
    .filter(({ reading, score }) => score >= before + LEAST_GAIN && piecesOf(vocabulary, reading) <= most)
    .toSorted((a, b) => b.score - a.score);
  return readings[0]?.reading ?? null;
}

function piecesOf(vocabulary: Vocabulary, word: string): number {
  return tokenize(vocabulary, word).ids.length;
}

function read(word: string, one: string): string {
  return [...word].map((c) => (c === '1' || c === '!' ? one : (LETTERS[c] ?? c))).join('');
}
