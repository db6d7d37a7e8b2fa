/** The bounds that token values of one signal are shaded between. */
export interface HeatScale {
  /** Values at or below it stay unshaded. */
  readonly floor: number;
  readonly threshold: number;
  /** The highest value of the segment. */
  readonly peak: number;
}

/** 0 is unshaded, 1 to 5 lie below the threshold, 6 to 9 at or above it; a class each, since the page's
 *  Content-Security-Policy allows no style attributes. */
export type Heat = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

const STEPS_BELOW = 5;
const STEPS_ABOVE = 4;
/** Below this part of the way to the threshold a token is left unshaded. */
const FAINTEST = 0.06;

/** The scale of one segment: from zero, or from its lowest value where the threshold is not positive. */
export function heatScale(values: readonly number[], threshold: number): HeatScale {
  let peak = threshold;
  let lowest = threshold;
  for (const value of values) {
    if (value > peak) peak = value;
    if (value < lowest) lowest = value;
  }
  return { floor: threshold > 0 ? 0 : lowest, threshold, peak };
}

/** The shade of one value. */
export function heatOf(value: number, { floor, threshold, peak }: HeatScale): Heat {
  if (value >= threshold) {
    const part = peak > threshold ? (value - threshold) / (peak - threshold) : 1;
    return (STEPS_BELOW + 1 + Math.min(STEPS_ABOVE - 1, Math.floor(part * STEPS_ABOVE))) as Heat;
  }
  const part = (value - floor) / (threshold - floor);
  return part > FAINTEST ? (Math.min(STEPS_BELOW, Math.ceil(part * STEPS_BELOW)) as Heat) : 0;
}
