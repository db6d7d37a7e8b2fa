import type { Range } from '../reading/json-source.ts';

/** Stretches in order, those that touch or overlap made one. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) merged.push({ start, end });
  }
  return merged;
}

/** A text, or the piece of one that begins at `offset`, with a replacement for each stretch. It stands in the piece that
 *  a stretch begins in; of a stretch that began before nothing is left.
 *  @param ranges - merged, in the whole text */
export function redactText(
  piece: string,
  ranges: readonly Range[],
  { replacement, offset = 0 }: { readonly replacement: string; readonly offset?: number },
): string {
  const end = offset + piece.length;
  let at = offset;
  let redacted = '';
  for (const range of ranges) {
    if (range.end <= offset || range.start >= end) continue;
    redacted += piece.slice(at - offset, Math.max(range.start, offset) - offset);
    if (range.start >= offset) redacted += replacement;
    at = Math.min(range.end, end);
  }
  return redacted + piece.slice(at - offset);
}
