import type { Meter, Observable } from '@opentelemetry/api';
import type { Report } from './gauges.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { DriftReading } from './readings.ts';

/** The gauges of promised and live rates, for the callback that reads them all. */
export interface DriftGauges {
  readonly observables: readonly Observable[];
  report(reading: DriftReading, observe: Report): void;
}

/** A rule's own words are its labels: there are as many as thresholds that are measured, which has a bound. */
export function registerDriftGauges(meter: Meter): DriftGauges {
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const promised = gauge(
    METRIC_NAMES.promisedRate,
    'Share of ordinary segments that may reach a threshold, as it was calibrated',
  );
  const live = gauge(
    METRIC_NAMES.liveRate,
    'Share of the live segments of the window that reach a threshold',
  );
  const interval = gauge(
    METRIC_NAMES.liveRateInterval,
    'The 95 % Wilson interval of the live rate, by bound',
  );
  const segments = gauge(METRIC_NAMES.liveSegments, 'Different live segments of the window');
  const drift = gauge(METRIC_NAMES.ruleDrift, '1 while a live rate is clearly not the promised one');
  const forgotten = meter.createObservableCounter(METRIC_NAMES.driftTextsForgotten, {
    description: 'Texts that were forgotten within the window and may be counted twice',
  });

  const report = ({ rates, textsForgotten }: DriftReading, observe: Report): void => {
    observe(forgotten, textsForgotten);
    for (const one of rates) {
      const labels = { rule: one.rule, condition: one.condition };
      observe(promised, one.promised, labels);
      observe(segments, one.segments, labels);
      for (const direction of ['above', 'below']) {
        observe(drift, one.drift === direction ? 1 : 0, { ...labels, direction });
      }
      if (one.rate === null) continue;
      observe(live, one.rate, labels);
      observe(interval, one.interval[0], { ...labels, bound: 'lower' });
      observe(interval, one.interval[1], { ...labels, bound: 'upper' });
    }
  };
  return { observables: [promised, live, interval, segments, drift, forgotten], report };
}
