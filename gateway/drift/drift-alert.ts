import { type SystemAlert, systemRecord } from '../../alerts/index.ts';
import type { Promised } from '../../rules/index.ts';
import type { Drift, LiveRate } from './judge-drift.ts';

export interface Drifted {
  readonly direction: Exclude<Drift, 'none'>;
  readonly promised: Promised;
  readonly live: LiveRate;
  readonly factor: number;
  readonly windowMs: number;
  readonly digests: Pick<SystemAlert, 'featuresetDigest' | 'ruleSetDigest'>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const RULES = {
  above: {
    id: '0b7f2f5e-5d0c-4f0e-9a56-3a6a0c1d7e02',
    name: 'threshold_drift_above',
    title: 'A threshold is reached far more often than promised',
  },
  below: {
    id: '0b7f2f5e-5d0c-4f0e-9a56-3a6a0c1d7e03',
    name: 'threshold_drift_below',
    title: 'A threshold is reached far less often than promised',
  },
} as const;

const WHY = {
  above:
    'Either more of the traffic is what the rule looks for, or the traffic is not what the threshold was calibrated on; in the latter case telltale rules calibrate learns it from your own.',
  below:
    'The threshold is stricter for this traffic than its rate says, so the rule finds less than it could; telltale rules calibrate learns it from your own traffic.',
} as const;

/** The alert of a threshold whose live rate has left the promised one. Its one condition carries the figures: `value` is
 *  the live rate, `rateInterval` its interval, `rate` the promised rate, `threshold` what the interval was held against. */
export function driftRecord(drifted: Drifted) {
  const { direction, promised, live, factor, at, digests } = drifted;
  const { ruleName, condition, signal, minus, aggregate, rate } = promised;
  const value = live.rate ?? 0;
  const threshold = direction === 'above' ? rate * factor : rate / factor;
  return systemRecord({
    id: `telltale-drift-${promised.key}-${new Date(at).toISOString()}`,
    rule: RULES[direction],
    level: direction === 'above' ? 'medium' : 'low',
    tags: ['telltale.drift', `telltale.drift.${ruleName}`],
    about: 'drift',
    text: textOf(drifted),
    conditions: [
      {
        name: `${ruleName}/${condition}`,
        signal,
        ...(minus === null ? {} : { minus }),
        aggregate,
        value,
        threshold,
        margin: value - threshold,
        rate,
        rateInterval: live.interval,
      },
    ],
    at: new Date(at).toISOString(),
    ...digests,
  });
}

function textOf({ direction, promised, live, windowMs }: Drifted): string {
  const { ruleName, condition, rate } = promised;
  const { segments, reached, interval } = live;
  const [lower, upper] = interval.map(percent);
  const hours = Number((windowMs / 3_600_000).toFixed(2));
  return (
    `Rule ${ruleName}, condition ${condition}: ${reached} of ${segments} different segments of the last ${hours} hours reach its threshold, ` +
    `${percent(live.rate ?? 0)} (95 % interval ${lower} to ${upper}); promised is ${percent(rate)}. ${WHY[direction]}`
  );
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
