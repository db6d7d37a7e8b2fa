import type { OwnCalibration } from './own-calibration.ts';

type Curve = OwnCalibration['curves'][number];

/** All of the highest scores are kept, of the others ever fewer: what rare rates need is exact. */
const ALL_OF = 1_000;
const STEP = 1.01;

/** The curve of some scores, in any order. */
export function curveOf(
  about: Omit<Curve, 'segments' | 'ranks' | 'values'>,
  scores: readonly number[],
): Curve {
  const sorted = Float32Array.from(scores).sort().reverse();
  const ranks: number[] = [];
  for (let rank = 1; rank <= sorted.length; rank = nextRank(rank)) ranks.push(rank);
  if (ranks.at(-1) !== sorted.length) ranks.push(sorted.length);
  const values = ranks.map((rank) => sorted[rank - 1] ?? 0);
  return { ...about, segments: sorted.length, ranks, values };
}

function nextRank(rank: number): number {
  return Math.max(rank + 1, rank < ALL_OF ? 0 : Math.ceil(rank * STEP));
}
