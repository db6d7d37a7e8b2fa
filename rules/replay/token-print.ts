import { createHash } from 'node:crypto';
import type { KeptActivations } from '../../detectors/index.ts';

/** What is the same where a client sends the same words again: a digest of all that is kept of some tokens, since the
 *  reader is the same to the last bit for the same text. Null where that says nothing of them: no feature was active and
 *  no probe was kept.
 *  @param last - the last of the tokens, included */
export function tokenPrint(
  { features, probes }: KeptActivations,
  first: number,
  last: number,
): string | null {
  const { rowStart, index, value } = features;
  const [from, to] = [rowStart[first] ?? 0, rowStart[last + 1] ?? 0];
  if (from >= to && probes.size === 0) return null;
  const hash = createHash('sha256');
  const counts = Uint32Array.from({ length: last - first + 1 }, (_, i) => {
    return (rowStart[first + i + 1] ?? 0) - (rowStart[first + i] ?? 0);
  });
  const parts = [...probes.values()].map((values) => values.subarray(first, last + 1));
  for (const part of [counts, index.subarray(from, to), value.subarray(from, to), ...parts]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex').slice(0, 32);
}
