/** Whether a text says something where only names, numbers and sealed bytes are expected: two words of letters, or a
 *  letter that stands in no such value. Base64 and identifiers never do. */
export function isWords(text: string): boolean {
  // Nearly all names are told by the first.
  return NO_NAME.test(text) && (WORDS.test(text) || LETTER.test(text));
}

const NO_NAME = /[^!-~]/;

const WORDS = /[A-Za-z]['",.;:!?)\]]*\s+['"([]*[A-Za-z]/;
/** Of any script but the one that names are made of. */
const LETTER = /(?=[\u0080-\u{10ffff}])\p{L}/u;

/** `Bearer a1b2`: how a header says who asks. */
export function isCredential(text: string): boolean {
  return /^(?:basic|bearer|token|key|apikey)\s+\S+$/i.test(text);
}
