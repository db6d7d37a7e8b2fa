import type { Activations, TokenSpan } from '../detectors/index.ts';

/** Activations of a segment so far, newest first. Sharing the older part keeps states immutable and cheap. */
export interface History {
  readonly activations: Activations;
  readonly earlier: History | null;
}

/** Mean activation of each feature over the tokens first to last, zeros counted; features never active are absent.
 *  Tokens are added in their order, so the means do not depend on how they were batched. */
export function meanActivations(
  history: History | null,
  first: number,
  last: number,
): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const { firstToken, tokens, features } of oldestFirst(history)) {
    const from = Math.max(first - firstToken, 0);
    const to = Math.min(last - firstToken + 1, tokens.length);
    if (from >= to) continue;
    const end = features.rowStart[to] ?? 0;
    for (let entry = features.rowStart[from] ?? 0; entry < end; entry += 1) {
      const index = features.index[entry] ?? -1;
      sums.set(index, (sums.get(index) ?? 0) + (features.value[entry] ?? 0));
    }
  }
  const count = last - first + 1;
  return new Map([...sums].map(([index, sum]) => [index, sum / count]));
}

/** UTF-16 offsets from the start of token `first` to the end of token `last`. */
export function spanOf(history: History | null, first: number, last: number): TokenSpan {
  let start = 0;
  let end = 0;
  for (let link = history; link !== null; link = link.earlier) {
    const { firstToken, tokens } = link.activations;
    start = tokens[first - firstToken]?.start ?? start;
    end = tokens[last - firstToken]?.end ?? end;
  }
  return { start, end };
}

function oldestFirst(history: History | null): Activations[] {
  const batches: Activations[] = [];
  for (let link = history; link !== null; link = link.earlier) batches.push(link.activations);
  return batches.reverse();
}
