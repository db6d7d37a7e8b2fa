/** Offset in the source of a character of a scalar's value, whatever its style: plain, quoted or block.
 *  White space may be folded, so characters other than white space are counted; where an escape breaks the
 *  count, the scalar's start.
 *  @param range - source range [start, end) of the scalar */
export function offsetInScalar(
  source: string,
  range: readonly [number, number],
  at: { readonly value: string; readonly offset: number },
): number {
  const start = range[0] + openingLength(source.slice(...range));
  const wanted = at.value.slice(0, at.offset).replace(/\s/g, '').length;
  const isAtEnd = at.value.slice(at.offset).trim() === '';
  let seen = 0;
  let last = start;
  for (let i = start; i < range[1]; i += 1) {
    const character = source.charAt(i);
    if (/\s/.test(character)) continue;
    if (seen === wanted && !isAtEnd) return character === at.value.charAt(at.offset) ? i : range[0];
    seen += 1;
    last = i + 1;
    if (isAtEnd && seen === wanted) return last;
  }
  return last;
}

function openingLength(scalar: string): number {
  if (/^["']/.test(scalar)) return 1;
  return /^[|>][^\n]*\n/.exec(scalar)?.[0].length ?? 0;
}
