import type { Level } from '../rules/index.ts';

/** From the weakest to the strongest; the store keeps the position. */
export const LEVELS: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical'];

/** 0 for informational to 4 for critical. */
export function levelRank(level: Level): number {
  return LEVELS.indexOf(level);
}

/** The rank of the strongest; null where there is none. */
export function strongestRank(levels: readonly Level[]): number | null {
  return levels.length === 0 ? null : Math.max(...levels.map(levelRank));
}
