import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';
import { METRIC_NAMES } from './metric-names.ts';

const RESOLUTION_MS = 20;
/** Percentiles are of the time since the last reset, so that an old pause does not colour them for ever. */
const MIN_WINDOW_MS = 10_000;

/** Event-loop delay and memory of this process.
 *  @returns stops the measurement */
export function registerProcessGauges(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let windowStart = Date.now();
  const description = 'Delay of the event loop in the current window of at least 10 s, by percentile';
  meter
    .createObservableGauge(METRIC_NAMES.eventLoopDelay, { description, unit: 's' })
    .addCallback((result) => {
      for (const percentile of [50, 99, 100]) {
        result.observe(toSeconds(delay.percentile(percentile)), { percentile: String(percentile) });
      }
      if (Date.now() - windowStart < MIN_WINDOW_MS) return;
      delay.reset();
      windowStart = Date.now();
    });
  meter
    .createObservableGauge(METRIC_NAMES.memory, { description: 'Memory of this process', unit: 'By' })
    .addCallback((result) => {
      const { rss, heapUsed, external } = process.memoryUsage();
      result.observe(rss, { kind: 'rss' });
      result.observe(heapUsed, { kind: 'heap_used' });
      result.observe(external, { kind: 'external' });
    });
  return () => delay.disable();
}

/** The histogram holds nanoseconds between ticks of the timer; what is over the resolution is delay. */
function toSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
}
