import { join, resolve } from 'node:path';
import {
  createFileSink,
  createKafkaSink,
  createRelay,
  type LaneStats,
  type Ledger,
  type Sink,
} from '../alerts/index.ts';
import type { Config } from './config/schema.ts';
import type { GaugeReading, Logger } from './telemetry/index.ts';

/** The relay from the store to the sinks, at work. */
export interface RunningRelay {
  /** As of a few seconds ago. */
  gauges(): Pick<GaugeReading, 'outboxPending' | 'outboxOldestSeconds' | 'outboxAttempts' | 'outboxDead'>;
  /** Delivers what it can within the deadline; the rest stays on disk for the next start. */
  close(): Promise<void>;
}

export interface RelayStart {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly reviewUrl: string;
  readonly deadlineMs: number;
}

const GAUGE_MS = 2_000;

/** Alerts go to Kafka where brokers are named, else to `alerts.jsonl` in the data folder. */
export function startRelay({ config, ledger, log, reviewUrl, deadlineMs }: RelayStart): RunningRelay {
  const sink = createSink(config, reviewUrl);
  const relay = createRelay({ outbox: ledger, sinks: [sink] });
  relay.start();
  let lanes: readonly LaneStats[] = [];
  const look = () =>
    relay.stats().then(
      (now) => {
        for (const lane of now) tell(log, lane, lanes);
        lanes = now;
      },
      (error: unknown) => log.error('outbox does not answer', error),
    );
  const timer = setInterval(() => void look(), GAUGE_MS).unref();
  return {
    gauges: () => ({
      outboxPending: sum(lanes, ({ depth }) => depth),
      outboxOldestSeconds: Math.max(0, ...lanes.map(({ oldestAgeMs }) => oldestAgeMs / 1_000)),
      outboxAttempts: sum(lanes, ({ attempts }) => attempts),
      outboxDead: sum(lanes, ({ dead }) => dead),
    }),
    async close() {
      clearInterval(timer);
      await relay.stop({ deadlineMs });
      await sink.close();
    },
  };
}

/** One line when a sink begins to fail, when it works again, and when alerts become dead letters. */
function tell(log: Logger, lane: LaneStats, before: readonly LaneStats[]): void {
  const { sink, depth, failuresInARow, dead, lastError } = lane;
  const last = before.find((known) => known.sink === sink);
  const wasFailing = (last?.failuresInARow ?? 0) > 0;
  if (failuresInARow > 0 && !wasFailing) {
    log.warn('alerts cannot be delivered and wait on disk', { sink, waiting: depth, reason: lastError });
  }
  if (failuresInARow === 0 && wasFailing) log.info('alerts are delivered again', { sink, waiting: depth });
  if (last !== undefined && dead > last.dead)
    log.warn('alerts became dead letters', { sink, dead, reason: lastError });
}

function createSink({ kafka, data }: Config, reviewUrl: string): Sink {
  const { brokers, topic } = kafka;
  if (brokers.length > 0) return createKafkaSink({ brokers, topic, reviewUrl });
  return createFileSink({ path: join(resolve(data), 'alerts.jsonl'), reviewUrl });
}

function sum(lanes: readonly LaneStats[], of: (lane: LaneStats) => number): number {
  return lanes.reduce((total, lane) => total + of(lane), 0);
}
