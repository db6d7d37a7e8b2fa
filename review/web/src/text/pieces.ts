import { type Heat, type HeatScale, heatOf } from './heat.ts';

/** A run of text: plain, or one shaded token. */
export type Piece = string | { readonly index: number; readonly text: string; readonly heat: Heat };

/** A segment's text in three runs around the span that gave it away; joined they are the text. */
export interface ShadedText {
  readonly before: readonly Piece[];
  readonly marked: readonly Piece[];
  readonly after: readonly Piece[];
}

interface ShadeInput {
  readonly text: string;
  readonly tokens: readonly (readonly [start: number, end: number])[];
  readonly values: readonly number[];
  readonly scale: HeatScale;
  /** UTF-16 offsets of what to mark. */
  readonly span: { readonly start: number; readonly end: number };
}

/** Cuts a text so that only shaded tokens become elements: four thousand tokens then render in a blink. */
export function shadeText({ text, tokens, values, scale, span }: ShadeInput): ShadedText {
  const runs = {
    before: createRun(text, 0),
    marked: createRun(text, span.start),
    after: createRun(text, span.end),
  };
  for (let index = 0; index < tokens.length; index += 1) {
    const [start, end] = tokens[index] ?? [0, 0];
    const heat = heatOf(values[index] ?? Number.NEGATIVE_INFINITY, scale);
    if (heat === 0 || end <= start) continue;
    const run = start < span.start ? runs.before : start < span.end ? runs.marked : runs.after;
    run.add({ index, text: text.slice(start, end), heat }, start, end);
  }
  return {
    before: runs.before.finish(span.start),
    marked: runs.marked.finish(span.end),
    after: runs.after.finish(text.length),
  };
}

function createRun(text: string, from: number) {
  const pieces: Piece[] = [];
  let at = from;
  const plainUntil = (offset: number) => {
    if (offset > at) pieces.push(text.slice(at, offset));
    at = Math.max(at, offset);
  };
  const add = (piece: Piece, start: number, end: number) => {
    if (start < at) return;
    plainUntil(start);
    pieces.push(piece);
    at = end;
  };
  const finish = (offset: number): readonly Piece[] => {
    plainUntil(offset);
    return pieces;
  };
  return { add, finish };
}
