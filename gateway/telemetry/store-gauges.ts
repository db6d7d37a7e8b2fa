import type { Meter, Observable } from '@opentelemetry/api';
import type { Report } from './gauges.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { StoreReading } from './readings.ts';

/** The gauges of the store, for the callback that reads them all. */
export interface StoreGauges {
  readonly observables: readonly Observable[];
  report(reading: StoreReading, observe: Report): void;
}

/** How full the store is, and what was left out of it: levels and reasons are few and known. */
export function registerStoreGauges(meter: Meter): StoreGauges {
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const total = (name: string, description: string) => meter.createObservableCounter(name, { description });
  const rows = gauge(METRIC_NAMES.storeRows, 'Alerts that wait in the store, counted once a sink');
  const bytes = gauge(METRIC_NAMES.storeBytes, 'Bytes of the store in use');
  const above = gauge(METRIC_NAMES.storeAboveMark, '1 while lower levels are sampled');
  const sampled = total(METRIC_NAMES.storeSampled, 'Exchanges left out above the water mark, by level');
  const expired = total(METRIC_NAMES.storeExpired, 'Exchanges removed because their time was over, by level');
  const crowded = total(
    METRIC_NAMES.storeCrowdedOut,
    'Exchanges without an alert removed because too many came after them',
  );
  const buried = total(METRIC_NAMES.storeBuried, 'Exchanges that could not be written and are dead letters');
  const refused = total(METRIC_NAMES.storeRefused, 'Exchanges that were not recorded, by reason');
  const failed = total(METRIC_NAMES.storeFailures, 'What the store does by itself and could not, by task');

  const report = (reading: StoreReading, observe: Report): void => {
    if (reading.pressure !== null) {
      observe(rows, reading.pressure.outboxRows);
      observe(bytes, reading.pressure.bytes);
    }
    observe(above, reading.isAboveMark ? 1 : 0);
    observe(crowded, reading.crowdedOut);
    observe(buried, reading.buried);
    for (const [level, count] of Object.entries(reading.sampled)) observe(sampled, count, { level });
    for (const [level, count] of Object.entries(reading.expired)) observe(expired, count, { level });
    for (const [reason, count] of Object.entries(reading.unrecorded)) observe(refused, count, { reason });
    for (const [task, count] of Object.entries(reading.failures)) observe(failed, count, { task });
  };
  return { observables: [rows, bytes, above, sampled, expired, crowded, buried, refused, failed], report };
}
