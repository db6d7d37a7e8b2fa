import { createRelay, type Ledger } from '../alerts/index.ts';
import type { Config } from './config/schema.ts';
import { createSinks } from './sinks/create-sinks.ts';
import { openSilences } from './sinks/open-silences.ts';
import type { GaugeReading, Logger } from './telemetry/index.ts';
import { watchLanes } from './watch-lanes.ts';

/** The relay from the store to the sinks, at work. */
export interface RunningRelay {
  /** As of a few seconds ago. */
  gauges(): Pick<GaugeReading, 'sinks'>;
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

const WORDS = {
  failing: 'alerts cannot be delivered and wait on disk',
  again: 'alerts are delivered again',
  dead: 'alerts became dead letters',
  unknown: 'outbox does not answer',
} as const;

/** Starts a lane for every sink of the configuration.
 *  @throws {GatewayError} START_FAILED where a secret or a certificate is missing
 *  @throws {AlertsError} where the silences cannot be read */
export async function startRelay(start: RelayStart): Promise<RunningRelay> {
  const { config, ledger, log, reviewUrl, deadlineMs } = start;
  const silences = await openSilences(config, start);
  const sinks = createSinks({ config, env: process.env, reviewUrl, silences });
  const relay = createRelay({ outbox: ledger, sinks, onSilenced: silences.count });
  relay.start();
  const watch = watchLanes(relay, WORDS, log);
  return {
    gauges: () => ({ sinks: watch.lanes() }),
    async close() {
      watch.close();
      await relay.stop({ deadlineMs });
      await silences.close();
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
