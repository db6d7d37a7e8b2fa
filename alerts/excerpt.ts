import type { TokenSpan } from '../detectors/index.ts';
import type { ExcerptContent } from './types.ts';

/** UTF-16 length that no excerpt exceeds. */
export const MAX_EXCERPT_LENGTH = 200;

const MASK = '•';

/** A cut moves over the rest of a word of at most so many UTF-16 units; what is longer is no word of a language that sets its
 *  words apart. */
const MAX_WORD = 24;

/** The text around a span, at most 200 UTF-16 units, cut between words where they are set apart and never inside a surrogate
 *  pair; `…` stands where it was cut. A span longer than that is cut at its end. */
export function excerptOf(text: string, span: TokenSpan): string {
  // Not by `textAround` of the rules, which is not loaded: the store's thread would start with the rules' modules and wait
  // for them half a second.
  if (text.length <= MAX_EXCERPT_LENGTH) return text;
  const room = MAX_EXCERPT_LENGTH - 2;
  const spare = Math.max(0, room - (span.end - span.start));
  const latestStart = text.length - room;
  const from = wholeCharacter(text, Math.max(0, Math.min(span.start - Math.floor(spare / 2), latestStart)));
  const to = wholeCharacter(text, Math.min(text.length, from + room));
  const start = wordStart(text, from, Math.max(from, span.start));
  const end = wordEnd(text, to, Math.min(to, span.end));
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
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

/** Where the next word begins, where that is near and not past `latest`. */
function wordStart(text: string, from: number, latest: number): number {
  if (from === 0 || /\s/.test(text[from - 1] ?? '')) return from;
  const gap = text.slice(from, Math.min(latest, from + MAX_WORD)).search(/\s/);
  return gap === -1 ? from : from + gap + 1;
}

/** Where the word before ends, where that is near and not before `earliest`. */
function wordEnd(text: string, to: number, earliest: number): number {
  if (to === text.length || /\s/.test(text[to] ?? '')) return to;
  const near = Math.max(earliest, to - MAX_WORD);
  const gap = /\s\S*$/.exec(text.slice(near, to));
  return gap === null ? to : near + gap.index;
}

function wholeCharacter(text: string, index: number): number {
  const isInside = /[\uDC00-\uDFFF]/.test(text[index] ?? '') && /[\uD800-\uDBFF]/.test(text[index - 1] ?? '');
  return isInside ? index - 1 : index;
}
