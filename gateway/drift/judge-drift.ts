import { wilson } from '../../detectors/index.ts';
import type { Promised } from '../../rules/index.ts';
import type { RateCount } from './rate-window.ts';

/** Where a live rate stands to the promised one: clearly above, clearly below, or neither. */
export type Drift = 'none' | 'above' | 'below';

export interface LiveRate extends RateCount {
  /** Of the segments within the window, those that reached the threshold: 0 to 1; null where there are none. */
  readonly rate: number | null;
  /** Wilson's 95 % interval of it. */
  readonly interval: readonly [lower: number, upper: number];
}

/** Fewer that reached it say nothing, whatever the interval: it is looked at again and again. */
const LEAST_REACHED = 5;

/** The rate of what was counted. */
export function liveRate({ segments, reached }: RateCount): LiveRate {
  if (segments === 0) return { segments, reached, rate: null, interval: [0, 1] };
  return { segments, reached, rate: reached / segments, interval: wilson(reached, segments) };
}

export interface Judged {
  readonly live: LiveRate;
  readonly promised: Pick<Promised, 'rate' | 'isBound'>;
  /** How it stood before. */
  readonly before: Drift;
  /** How many times the promised rate is clearly above it, and how many times less clearly below. */
  readonly factor: number;
}

/** Above: the interval's lower bound exceeds `factor` times the promised rate. Below: its upper bound is less than the
 *  promised rate over `factor`, where the rate is no mere bound. Either lasts until the interval reaches the promised
 *  rate itself again. */
export function judgeDrift({ live, promised, before, factor }: Judged): Drift {
  const [lower, upper] = live.interval;
  const { rate, isBound } = promised;
  const above = before === 'above' ? rate : factor * rate;
  if (live.reached >= LEAST_REACHED && lower > above) return 'above';
  const below = before === 'below' ? rate : rate / factor;
  return !isBound && upper < below ? 'below' : 'none';
}
