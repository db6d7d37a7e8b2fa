import type { Manifest } from './manifest.ts';
import type { AnyHarm } from './types.ts';

/** Harm of any kind from several readings of concepts: the strongest of their rarities, and how rare that is among ordinary
 *  segments. The measured points are joined log-linearly, before the first and beyond the last along their neighbours. */
export function createAnyHarm({ readings, curve, segments }: NonNullable<Manifest['any']>): AnyHarm {
  const points = curve.map(({ value, rate }) => ({ value, rarity: -Math.log10(rate) }));
  return {
    readings,
    segments,
    rarity(strongest) {
      const following = points.findIndex(({ value }) => value >= strongest);
      const last = points.length - 1;
      const index = following === -1 ? last : Math.max(1, following);
      const [a, b] = [points[index - 1], points[index]];
      if (a === undefined || b === undefined) return strongest;
      const slope = (b.rarity - a.rarity) / (b.value - a.value);
      return Math.max(0, a.rarity + (strongest - a.value) * slope);
    },
  };
}
