import { wilson } from '../../detectors/index.ts';

/** A share with what it rests on. */
export interface Proportion {
  readonly value: number;
  readonly of: number;
  /** Wilson's 95 % interval. */
  readonly interval: readonly [number, number];
}

/** `part` of `whole`; null where there is nothing to take a part of. */
export function proportionOf(part: number, whole: number): Proportion | null {
  return whole === 0 ? null : { value: part / whole, of: whole, interval: wilson(part, whole) };
}
