import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import { type MappedText, type Replacement, replaced } from './mapped-text.ts';
import { LEAST_PLAUSIBLE, perByte } from './plausibility.ts';

/** Between these a text can change its way of being written. */
const STRETCH = /[^\n"“”«»:]+/gu;
/** Words that no common word becomes when it is turned: a stretch with one of them is plain, and costs no more. */
const PLAIN_WORD =
  /(?<![\p{L}])(?:the|and|you|for|that|this|with|what|how|que|und|het|nicht|pour|para|como|yang)(?![\p{L}])/iu;
const LEAST_LETTERS = 12;
/** So much of a stretch says how it is written. */
const SAMPLE_UNITS = 120;
/** How much more probable a byte must become on average; measured gains of true ciphers: 1.25 and more for 99 %. */
const LEAST_GAIN = 1;

/** Reads stretches that are in rot13 or written backwards, where a far more probable text comes out. */
export function deciphered(source: MappedText, vocabulary: Vocabulary): MappedText {
  const found: Replacement[] = [];
  for (const { 0: stretch, index } of source.text.matchAll(STRETCH)) {
    if ((stretch.match(/[a-z]/gi)?.length ?? 0) < LEAST_LETTERS) continue;
    if (PLAIN_WORD.test(stretch)) continue;
    const before = perByte(vocabulary, sampleOf(stretch));
    if (before >= LEAST_PLAUSIBLE + LEAST_GAIN) continue;
    const readings = [rotated(stretch), backwards(stretch)]
      .map((by) => ({ by, score: perByte(vocabulary, sampleOf(by.text)) }))
      .filter(({ score }) => score >= LEAST_PLAUSIBLE && score >= before + LEAST_GAIN)
      .toSorted((a, b) => b.score - a.score);
    const by = readings[0]?.by;
    if (by !== undefined) found.push({ start: index, end: index + stretch.length, by });
  }
  return replaced(source, found);
}

/** From the middle, where a stretch of either direction is complete. */
function sampleOf(stretch: string): string {
  const from = Math.max(0, Math.floor((stretch.length - SAMPLE_UNITS) / 2));
  return stretch.slice(from, from + SAMPLE_UNITS);
}

function rotated(text: string): MappedText {
  const plain = text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter < 'a' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
  return { text: plain, origin: (span) => span };
}

function backwards(text: string): MappedText {
  const length = text.length;
  return {
    text: [...text].reverse().join(''),
    origin: ({ start, end }) => ({ start: length - end, end: length - start }),
  };
}
