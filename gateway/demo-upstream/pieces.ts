const WORD_PIECE = /\s?[\p{L}\p{M}]{1,6}|\s?\p{N}{1,3}|\s?[^\s\p{L}\p{M}\p{N}]|\s+/gu;

/** Cuts text into pieces of the size of a model's tokens: up to six letters with the space before them. Joined, they
 *  are the text. */
export function cutIntoPieces(text: string): string[] {
  return text.match(WORD_PIECE) ?? [];
}
