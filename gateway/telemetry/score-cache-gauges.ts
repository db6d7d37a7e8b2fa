import type { Meter, Observable } from '@opentelemetry/api';
import type { DetectorStats } from '../../detectors/index.ts';
import type { Report } from './gauges.ts';
import { METRIC_NAMES } from './metric-names.ts';

/** What the detector remembers of text that it has scored, and how often that served. */
export function registerScoreCacheGauges(meter: Meter) {
  const total = (name: string, description: string) => meter.createObservableCounter(name, { description });
  const recalled = total(METRIC_NAMES.detectorRecalled, 'Tokens whose scores were remembered');
  const lookups = total(METRIC_NAMES.scoreCacheLookups, 'Scores that were asked for, by kind and outcome');
  const givenUp = total(METRIC_NAMES.scoreCacheGivenUp, 'Scores that are not remembered, by kind and reason');
  const bytes = meter.createObservableGauge(METRIC_NAMES.scoreCacheBytes, {
    description: 'Room that remembered scores take, by kind',
  });
  const observables: Observable[] = [recalled, lookups, givenUp, bytes];
  return {
    observables,
    report({ tokensRecalled, scoreCache }: DetectorStats, observe: Report): void {
      observe(recalled, tokensRecalled);
      for (const [kind, counts] of Object.entries(scoreCache ?? {})) {
        observe(lookups, counts.hits, { kind, outcome: 'hit' });
        observe(lookups, counts.misses, { kind, outcome: 'miss' });
        observe(givenUp, counts.evictions, { kind, reason: 'evicted' });
        observe(givenUp, counts.refused, { kind, reason: 'too_large' });
        observe(bytes, counts.bytes, { kind });
      }
    },
  };
}
