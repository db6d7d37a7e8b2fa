import type { Meter, Observable } from '@opentelemetry/api';
import type { Report } from './gauges.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { GaugeReading, HandoverReading, WorkerReading } from './readings.ts';

/** The gauges of exchanges that are scored elsewhere, for the callback that reads them all. */
export interface ScoringGauges {
  readonly observables: readonly Observable[];
  /** Nothing where exchanges are scored in line. */
  report(reading: Pick<GaugeReading, 'handover' | 'worker'>, observe: Report): void;
}

/** How exchanges come to the workers' topic, and how far a worker is behind. */
export function registerScoringGauges(meter: Meter): ScoringGauges {
  const handover = registerHandover(meter);
  const worker = registerWorker(meter);
  return {
    observables: [...handover.observables, ...worker.observables],
    report(reading, observe) {
      if (reading.handover !== undefined) handover.report(reading.handover, observe);
      if (reading.worker !== undefined) worker.report(reading.worker, observe);
    },
  };
}

function registerHandover(meter: Meter) {
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const total = (name: string, description: string) => meter.createObservableCounter(name, { description });
  const waiting = gauge(METRIC_NAMES.scoringWaiting, "Exchanges that wait for the workers' topic");
  const oldest = gauge(
    METRIC_NAMES.scoringOldest,
    "Age of the oldest exchange that waits for the workers' topic",
  );
  const published = total(METRIC_NAMES.scoringPublished, "Exchanges that the workers' topic took");
  const retried = total(
    METRIC_NAMES.scoringRetried,
    "Exchanges that the workers' topic did not take and that come again",
  );
  const dead = gauge(
    METRIC_NAMES.scoringDead,
    'Exchanges that could not be brought to scoring, or not be read there',
  );
  return {
    observables: [waiting, oldest, published, retried, dead],
    report(reading: HandoverReading, observe: Report): void {
      observe(waiting, reading.depth);
      observe(oldest, reading.oldestAgeMs / 1_000);
      observe(published, reading.delivered);
      observe(retried, reading.retried);
      observe(dead, reading.dead);
    },
  };
}

function registerWorker(meter: Meter) {
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const lag = gauge(METRIC_NAMES.workerLag, 'Messages of a partition of this worker that are not scored yet');
  const joined = gauge(METRIC_NAMES.workerJoined, '1 while this worker belongs to its group');
  const partitions = gauge(METRIC_NAMES.workerPartitions, 'Partitions that this worker has been given');
  const joins = meter.createObservableCounter(METRIC_NAMES.workerJoins, {
    description: 'Times that this worker was given partitions: at its start and whenever workers come or go',
  });
  return {
    observables: [lag, joined, partitions, joins],
    report(reading: WorkerReading, observe: Report): void {
      for (const { partition, messages } of reading.lag)
        observe(lag, messages, { partition: String(partition) });
      observe(joined, reading.isJoined ? 1 : 0);
      observe(partitions, reading.partitions.length);
      observe(joins, reading.joins);
    },
  };
}
