import type { Meter, Observable } from '@opentelemetry/api';
import { registerDriftGauges } from './drift-gauges.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { GaugeReading, SinkReading } from './readings.ts';
import { registerReplayGauges } from './replay-gauges.ts';
import { registerScoreCacheGauges } from './score-cache-gauges.ts';
import { registerScoringGauges } from './scoring-gauges.ts';
import { registerStoreGauges } from './store-gauges.ts';

/** Observes one value. */
export type Report = (observable: Observable, value: number, labels?: Record<string, string>) => void;

/** What is read, not counted, whenever metrics are collected: reader, outbox, rules, readiness. */
export function registerGauges(meter: Meter, read: () => GaugeReading): void {
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const total = (name: string, description: string) => meter.createObservableCounter(name, { description });
  const observables = {
    inFlight: gauge(METRIC_NAMES.inFlight, 'Exchanges in flight'),
    inFlightLimit: gauge(
      METRIC_NAMES.inFlightLimit,
      'Exchanges that may be in flight now; falls where the thread or the reader is behind',
    ),
    queued: gauge(METRIC_NAMES.detectorQueued, 'Blocks of tokens waiting for the reader'),
    tokens: total(METRIC_NAMES.detectorTokens, 'Tokens that the reader scored'),
    batches: total(METRIC_NAMES.detectorBatches, 'Runs of the reader'),
    windows: gauge(METRIC_NAMES.detectorWindows, 'Windows of text that the reader keeps open'),
    replaced: total(METRIC_NAMES.detectorWorkersReplaced, 'Reader workers that were replaced'),
    rejected: total(METRIC_NAMES.detectorRejected, 'Work that the reader did not do, by reason'),
    pending: gauge(METRIC_NAMES.outboxPending, 'Alerts that wait for delivery'),
    oldest: gauge(METRIC_NAMES.outboxOldest, 'Age of the oldest alert that waits for delivery'),
    attempts: total(METRIC_NAMES.outboxAttempts, 'Attempts to deliver an alert'),
    dead: gauge(METRIC_NAMES.outboxDead, 'Alerts that a sink rejected for good'),
    delivered: total(METRIC_NAMES.outboxDelivered, 'Alerts that a sink took'),
    retried: total(METRIC_NAMES.outboxRetried, 'Alerts that a sink asked for again'),
    held: total(METRIC_NAMES.outboxHeld, 'Alerts that a sink was not to get, by why'),
    rules: gauge(METRIC_NAMES.rulesActive, 'Rules that are not off'),
    ruleSet: gauge(METRIC_NAMES.ruleSet, '1, with the digest of the rules at work, which findings carry too'),
    ready: gauge(METRIC_NAMES.ready, '1 when the gateway takes requests'),
  };
  const store = registerStoreGauges(meter);
  const replay = registerReplayGauges(meter);
  const drift = registerDriftGauges(meter);
  const cache = registerScoreCacheGauges(meter);
  const scoring = registerScoringGauges(meter);
  const observe = (result: { observe: Report }): void => {
    const [reading, to] = [read(), result.observe.bind(result)];
    report(observables, reading, to);
    store.report(reading.store, to);
    replay.report(reading.replay, to);
    drift.report(reading.drift, to);
    cache.report(reading.detector, to);
    scoring.report(reading, to);
  };
  const others = [store, replay, drift, cache, scoring].flatMap(({ observables: more }) => more);
  meter.addBatchObservableCallback(observe, [...Object.values(observables), ...others]);
}

type Observables = Record<
  | 'inFlight'
  | 'inFlightLimit'
  | 'queued'
  | 'tokens'
  | 'batches'
  | 'windows'
  | 'replaced'
  | 'rejected'
  | 'pending'
  | 'oldest'
  | 'attempts'
  | 'dead'
  | 'delivered'
  | 'retried'
  | 'held'
  | 'rules'
  | 'ruleSet'
  | 'ready',
  Observable
>;

function report(to: Observables, reading: GaugeReading, observe: Report): void {
  const { detector } = reading;
  observe(to.inFlight, reading.inFlight);
  if (reading.inFlightLimit !== undefined) observe(to.inFlightLimit, reading.inFlightLimit);
  observe(to.queued, detector.queued);
  observe(to.tokens, detector.tokensScored);
  observe(to.batches, detector.batches);
  observe(to.windows, detector.openWindows);
  observe(to.replaced, detector.workersReplaced);
  observe(to.rejected, detector.rejectedQueueFull, { reason: 'queue_full' });
  observe(to.rejected, detector.timedOut, { reason: 'timeout' });
  observe(to.rejected, detector.nonFinite, { reason: 'non_finite' });
  for (const sink of reading.sinks) reportSink(to, sink, observe);
  observe(to.rules, reading.rulesActive);
  observe(to.ruleSet, 1, { digest: reading.ruleSetDigest });
  observe(to.ready, reading.isReady ? 1 : 0);
}

function reportSink(to: Observables, reading: SinkReading, observe: Report): void {
  const { sink, depth, oldestAgeMs, attempts, delivered, retried, dead, held } = reading;
  observe(to.pending, depth, { sink });
  observe(to.oldest, oldestAgeMs / 1_000, { sink });
  observe(to.attempts, attempts, { sink });
  observe(to.delivered, delivered, { sink });
  observe(to.retried, retried, { sink });
  observe(to.dead, dead, { sink });
  for (const [reason, alerts] of Object.entries(held)) observe(to.held, alerts, { sink, reason });
}
