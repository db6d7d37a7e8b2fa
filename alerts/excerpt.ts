import type { TokenSpan } from '../detectors/index.ts';
import { textAround } from '../rules/index.ts';
import type { ExcerptContent } from './types.ts';

/** UTF-16 length that no excerpt exceeds. */
export const MAX_EXCERPT_LENGTH = 200;

const MASK = '•';

/** The text around a span, at most 200 UTF-16 units, never cut inside a surrogate pair; `…` stands where it was cut.
 *  A span longer than that is cut at its end. */
export function excerptOf(text: string, span: TokenSpan): string {
  return textAround(text, span, MAX_EXCERPT_LENGTH).text;
}

/** Keeps the first letter of each word and what is no letter or digit; all else becomes `•`, one each, so that the
 *  shape of a sentence can be seen and its words cannot be read. */
export function redact(text: string): string {
  return text.replace(/[\p{L}\p{M}\p{N}]+/gu, (word) => {
    const [first = '', ...rest] = word;
    return (/\p{L}/u.test(first) ? first : MASK) + MASK.repeat(rest.length);
  });
}

/** What of an excerpt leaves the process. */
export function releaseExcerpt(excerpt: string, content: ExcerptContent): string {
  if (content === 'none') return '';
  return content === 'full' ? excerpt : redact(excerpt);
}
