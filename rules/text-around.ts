import type { TokenSpan } from '../detectors/index.ts';

/** Part of a text, and where in it a span of the text stands. */
export interface TextAround {
  readonly text: string;
  readonly span: TokenSpan;
}

/** The text around a span, at most `maxLength` UTF-16 units, never cut inside a surrogate pair; `…` stands where it was
 *  cut. A span longer than that is cut at its end. */
export function textAround(text: string, span: TokenSpan, maxLength: number): TextAround {
  if (text.length <= maxLength) return { text, span };
  const room = maxLength - 2;
  const spare = Math.max(0, room - (span.end - span.start));
  const latestStart = text.length - room;
  const start = wholeCharacter(text, Math.max(0, Math.min(span.start - Math.floor(spare / 2), latestStart)));
  const end = wholeCharacter(text, Math.min(text.length, start + room));
  const before = start > 0 ? '…' : '';
  const inPart = (at: number) => Math.max(start, Math.min(at, end)) - start + before.length;
  return {
    text: `${before}${text.slice(start, end)}${end < text.length ? '…' : ''}`,
    span: { start: inPart(span.start), end: inPart(span.end) },
  };
}

function wholeCharacter(text: string, index: number): number {
  const isInside = /[\uDC00-\uDFFF]/.test(text[index] ?? '') && /[\uD800-\uDBFF]/.test(text[index - 1] ?? '');
  return isInside ? index - 1 : index;
}
