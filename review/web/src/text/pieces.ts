import { type Heat, type HeatScale, heatOf } from './heat.ts';

/** A run of text: plain, or one shaded token. */
export type Piece = string | { readonly index: number; readonly text: string; readonly heat: Heat };

/** A segment's text in three runs around the span that gave it away; joined they are the text. */
export interface ShadedText {
  readonly before: readonly Piece[];
  readonly marked: readonly Piece[];
  readonly after: readonly Piece[];
}

/** What is cut. */
export interface ShadeInput {
  readonly text: string;
  readonly tokens: readonly (readonly [start: number, end: number])[];
  readonly values: readonly number[];
  readonly scale: HeatScale;
  /** UTF-16 offsets of what to mark; a token that reaches over an edge belongs where it starts. */
  readonly span: { readonly start: number; readonly end: number };
}

/** A span without the white space at its edges, which a line under it would only show as an empty stroke. */
export function wordsOf(text: string, { start, end }: ShadeInput['span']): ShadeInput['span'] {
  const from = skipSpace(text, start, end);
  let to = end;
  while (to > from && /\s/.test(text.charAt(to - 1))) to -= 1;
  return { start: from, end: to };
}

/** Cuts a text so that only shaded tokens become elements: four thousand tokens then render in a blink. White space
 *  at a token's start stays unshaded, since at a line's end it would hang there as an empty patch. */
export function shadeText({ text, tokens, values, scale, span: given }: ShadeInput): ShadedText {
  const span = wordsOf(text, given);
  const runs = { before: [] as Piece[], marked: [] as Piece[], after: [] as Piece[] };
  let at = 0;
  const runAt = (offset: number) =>
    offset < span.start ? runs.before : offset < span.end ? runs.marked : runs.after;
  const plainUntil = (offset: number) => {
    while (at < offset) {
      const edge = at < span.start ? span.start : at < span.end ? span.end : offset;
      const end = Math.min(edge, offset);
      runAt(at).push(text.slice(at, end));
      at = end;
    }
  };
  for (let index = 0; index < tokens.length; index += 1) {
    const [from, end] = tokens[index] ?? [0, 0];
    const heat = heatOf(values[index] ?? Number.NEGATIVE_INFINITY, scale);
    const start = heat === 0 ? end : skipSpace(text, from, end);
    if (start >= end || start < at) continue;
    plainUntil(start);
    runAt(start).push({ index, text: text.slice(start, end), heat });
    at = end;
  }
  plainUntil(text.length);
  return runs;
}

function skipSpace(text: string, from: number, end: number): number {
  let start = from;
  while (start < end && /\s/.test(text.charAt(start))) start += 1;
  return start;
}
