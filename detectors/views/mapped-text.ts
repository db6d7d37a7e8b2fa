import type { TokenSpan } from '../types.ts';

/** A text made from another one; every UTF-16 unit knows which [start, end) of the other it stands for. */
export interface MappedText {
  readonly text: string;
  /** Where [start, end) of this text came from. */
  origin(span: TokenSpan): TokenSpan;
}

/** One stretch of a text and what is put in its place; unit by unit where both are of one length. */
export interface Replacement extends TokenSpan {
  readonly by: string | MappedText;
}

/** The text as it is. */
export function asItIs(text: string): MappedText {
  return { text, origin: (span) => span };
}

/** The text with stretches replaced, given in order and without overlap. A replacement that is mapped itself is relative
 *  to its stretch; a string of another length stands for the whole stretch. */
export function replaced(source: MappedText, replacements: readonly Replacement[]): MappedText {
  if (replacements.length === 0) return source;
  const pieces: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  const keep = (until: number) => {
    pieces.push(source.text.slice(at, until));
    for (let unit = at; unit < until; unit++) {
      starts.push(unit);
      ends.push(unit + 1);
    }
  };
  for (const { start, end, by } of replacements) {
    keep(start);
    const text = typeof by === 'string' ? by : by.text;
    pieces.push(text);
    for (let unit = 0; unit < text.length; unit++) {
      const own = originOf(by, unit, end - start);
      starts.push(start + own.start);
      ends.push(start + own.end);
    }
    at = end;
  }
  keep(source.text.length);
  return {
    text: pieces.join(''),
    origin: ({ start, end }) => {
      const first = starts[start] ?? source.text.length;
      const last = end > start ? (ends[end - 1] ?? source.text.length) : first;
      return source.origin({ start: first, end: Math.max(first, last) });
    },
  };
}

function originOf(by: string | MappedText, unit: number, length: number): TokenSpan {
  if (typeof by !== 'string') return by.origin({ start: unit, end: unit + 1 });
  return by.length === length ? { start: unit, end: unit + 1 } : { start: 0, end: length };
}
