import type { Meter, Observable } from '@opentelemetry/api';
import type { Report } from './gauges.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { ReplayReading } from './readings.ts';

/** The gauges of what is kept for replay, for the callback that reads them all. */
export interface ReplayGauges {
  readonly observables: readonly Observable[];
  report(reading: ReplayReading, observe: Report): void;
}

/** What is kept for rules to be held against again, and what is not. */
export function registerReplayGauges(meter: Meter): ReplayGauges {
  const total = (name: string, description: string) => meter.createObservableCounter(name, { description });
  const bytes = meter.createObservableGauge(METRIC_NAMES.replayBytes, {
    description: 'Bytes of all that is kept for replay',
  });
  const kept = total(METRIC_NAMES.replayKept, 'Exchanges that were kept for replay');
  const dropped = total(METRIC_NAMES.replayDropped, 'Exchanges that were not kept for replay, by reason');
  const removed = total(METRIC_NAMES.replayRemoved, 'Exchanges that are kept for replay no more, by why');
  const failed = total(METRIC_NAMES.replayFailures, 'Sweeps of what is kept for replay that failed');

  const report = (reading: ReplayReading, observe: Report): void => {
    if (reading.bytes !== null) observe(bytes, reading.bytes);
    observe(kept, reading.kept);
    observe(removed, reading.evicted, { why: 'room' });
    observe(removed, reading.expired, { why: 'left_store' });
    observe(failed, reading.failures);
    for (const [reason, count] of Object.entries(reading.dropped)) observe(dropped, count, { reason });
  };
  return { observables: [bytes, kept, dropped, removed, failed], report };
}
