import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import type { ReadableView } from '../types.ts';
import { withoutCapitals } from './capitals.ts';
import { deciphered } from './ciphers.ts';
import { decoded } from './encoded.ts';
import { withoutLeet } from './leet.ts';
import { latinLetters, withoutInvisible } from './letters.ts';
import type { MappedText } from './mapped-text.ts';
import { joinedLetters } from './spaced-letters.ts';

/** One way of making a text readable again; it gives its source back where there is nothing to change. */
type Step = readonly [
  name: ReadableView['changes'][number],
  step: (source: MappedText, vocabulary: Vocabulary) => MappedText,
];

const STEPS: readonly Step[] = [
  ['invisible', withoutInvisible],
  ['look_alikes', latinLetters],
  ['encoded', decoded],
  ['spaced', joinedLetters],
  ['capitals', withoutCapitals],
  ['leet', withoutLeet],
  ['cipher', deciphered],
];

/** The text as it would be read by somebody who sees through its disguise; null where it wears none. Linear in the
 *  text's length.
 *  @param text UTF-16, whole */
export function readableView(vocabulary: Vocabulary, text: string): ReadableView | null {
  let view: MappedText = { text, origin: (span) => span };
  const changes: ReadableView['changes'][number][] = [];
  for (const [name, step] of STEPS) {
    const changed = step(view, vocabulary);
    if (changed.text !== view.text) changes.push(name);
    view = changed;
  }
  return changes.length === 0 ? null : { text: view.text, changes, origin: view.origin };
}
