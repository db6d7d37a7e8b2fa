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

function createSink({ kafka, data }: Config, reviewUrl: string): Sink {
  const { brokers, topic } = kafka;
  if (brokers.length > 0) return createKafkaSink({ brokers, topic, reviewUrl });
  return createFileSink({ path: join(resolve(data), 'alerts.jsonl'), reviewUrl });
}

function sum(lanes: readonly LaneStats[], of: (lane: LaneStats) => number): number {
  return lanes.reduce((total, lane) => total + of(lane), 0);
}
