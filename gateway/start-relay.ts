import { createRelay, type LaneStats, type Ledger } from '../alerts/index.ts';
import type { Config } from './config/schema.ts';
import { createSinks } from './sinks/create-sinks.ts';
import { openSilences } from './sinks/open-silences.ts';
import type { GaugeReading, Logger } from './telemetry/index.ts';

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

const GAUGE_MS = 2_000;

/** Starts a lane for every sink of the configuration.
 *  @throws {GatewayError} START_FAILED where a secret or a certificate is missing
 *  @throws {AlertsError} where the silences cannot be read */
export async function startRelay(start: RelayStart): Promise<RunningRelay> {
  const { config, ledger, log, reviewUrl, deadlineMs } = start;
  const silences = await openSilences(config, start);
  const sinks = createSinks({ config, env: process.env, reviewUrl, silences });
  const relay = createRelay({ outbox: ledger, sinks, onSilenced: silences.count });
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
    gauges: () => ({ sinks: lanes }),
    async close() {
      clearInterval(timer);
      await relay.stop({ deadlineMs });
      await silences.close();
      await Promise.all(sinks.map((sink) => sink.close()));
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
