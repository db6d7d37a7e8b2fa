import { type MappedText, type Replacement, replaced } from './mapped-text.ts';

/** Letters of other scripts that look like Latin ones (Unicode Technical Standard 39, confusables, the common part). */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...pairs('аеорсхуіјѕһԁԛԝӏ', 'aeopcxyijshdqwl'),
    ...pairs('АВЕКМНОРСТХУІЈЅԜ', 'ABEKMHOPCTXYIJSW'),
    ...pairs('αοορνικτυχε', 'aoopviktuxe'),
    ...pairs('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'),
    ...pairs('ɑɡʟɪɴʀᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢʙꜰɢʜꜱʏ', 'aglinracdejkmoptuvwzbfghsy'),
  }),
);
/** A shorter word of look-alikes alone is more likely a word of its own script. */
const LEAST_LETTERS = 4;
const TAG_BASE = 0xe0000;
/** Characters that nobody sees where they have no work to do: between letters of scripts that need no joiners. Variation
 *  selectors after emoji and joiners in Persian or Hindi have their work. */
const INVISIBLE =
  /(?<=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{N}\s]|^)\p{Default_Ignorable_Code_Point}+(?=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{N}\s]|$)/gu;
/** ASCII hidden in Unicode tags; after a black flag they name the flag of a region. */
const TAGS = /(?<!\u{1F3F4})(?<![\u{E0020}-\u{E007E}])[\u{E0020}-\u{E007E}]+/gu;
/** Three or more marks upon each other: no orthography needs them. */
const STACKED_MARKS = /\p{Mn}{3,}/gu;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const LATIN = /\p{Script=Latin}/u;

/** Without invisible characters; Unicode tags, which hide ASCII, become the ASCII that they hide. */
export function withoutInvisible(source: MappedText): MappedText {
  const found = [
    ...matches(source.text, TAGS, hidden),
    ...matches(source.text, INVISIBLE, () => ''),
    ...matches(source.text, STACKED_MARKS, () => ''),
  ];
  return found.length === 0 ? source : replaced(source, inOrder(found));
}

/** Letters that look like Latin ones, in words that are Latin otherwise or hold nothing but such letters. */
export function latinLetters(source: MappedText): MappedText {
  const isLatin = LATIN.test(source.text);
  const found: Replacement[] = [];
  for (const { 0: word, index } of isLatin ? source.text.matchAll(WORD) : []) {
    const letters = [...word];
    const foreign = letters.filter((letter) => LOOK_ALIKES.has(letter)).length;
    if (foreign === 0) continue;
    const hasLatin = LATIN.test(word);
    if (!hasLatin && (foreign < letters.length || foreign < LEAST_LETTERS)) continue;
    found.push({
      start: index,
      end: index + word.length,
      by: letters.map((letter) => LOOK_ALIKES.get(letter) ?? letter).join(''),
    });
  }
  return replaced(source, found);
}

function matches(text: string, pattern: RegExp, by: (run: string) => string): Replacement[] {
  return [...text.matchAll(pattern)].map(({ 0: run, index }) => ({
    start: index,
    end: index + run.length,
    by: by(run),
  }));
}

function hidden(tags: string): string {
  return [...tags].map((tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - TAG_BASE)).join('');
}

function inOrder(replacements: Replacement[]): Replacement[] {
  let end = 0;
  return replacements
    .toSorted((a, b) => a.start - b.start)
    .filter((replacement) => {
      const isFree = replacement.start >= end;
      if (isFree) end = replacement.end;
      return isFree;
    });
}

function pairs(from: string, to: string): Record<string, string> {
  const plain = [...to];
  return Object.fromEntries([...from].map((letter, index) => [letter, plain[index] ?? letter]));
}
