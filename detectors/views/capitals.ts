import { type MappedText, type Replacement, replaced } from './mapped-text.ts';

/** From one capital to another with no small letter between. Linear: in such a run every capital but the last ends a match. */
const SHOUTED = /(?<![\p{L}\p{M}\p{N}])\p{Lu}[^\p{Ll}\p{Lo}]*\p{Lu}(?![\p{Ll}\p{Lo}])/gu;
const WORD = /\p{Lu}[\p{Lu}\p{M}'’]*/gu;
const LEAST_WORDS = 3;
const LEAST_LETTERS = 12;
const LONG_WORD = /\p{Lu}{4}/u;
/** Words of a shouted sentence come in vowels and consonants; a code in capitals has digits in nearly every word. */
const DIGITS_IN_A_WORD = /\p{Lu}\p{N}|\p{N}\p{Lu}/gu;

/** Sentences in capitals as they would be written without: a capital at their beginning, then small letters. Acronyms and
 *  single shouted words stay. */
export function withoutCapitals(source: MappedText): MappedText {
  const found: Replacement[] = [];
  for (const { 0: run, index } of source.text.matchAll(SHOUTED)) {
    if (isSentence(run)) found.push({ start: index, end: index + run.length, by: inSmallLetters(run) });
  }
  return replaced(source, found);
}

function isSentence(run: string): boolean {
  const words = run.match(WORD) ?? [];
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const mixed = run.match(DIGITS_IN_A_WORD)?.length ?? 0;
  return (
    words.length >= LEAST_WORDS && letters >= LEAST_LETTERS && LONG_WORD.test(run) && mixed * 2 < words.length
  );
}

/** Letter by letter, so that both are of one length: the few that have no small form of their own size stay. */
function inSmallLetters(run: string): string {
  const [first = '', ...rest] = run;
  return first + rest.map(small).join('');
}

function small(letter: string): string {
  const lower = letter.toLowerCase();
  return lower.length === letter.length ? lower : letter;
}
