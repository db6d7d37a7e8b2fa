import {
  createRelay,
  createThreadedRelay,
  type Ledger,
  type Relay,
  SCORING_SINK,
  STORE_SINK,
} from '../alerts/index.ts';
import type { Config } from './config/schema.ts';
import { createSinks, sinkNames } from './sinks/create-sinks.ts';
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

/** Starts a lane for every sink of the configuration; those to Kafka in a thread of their own.
 *  @throws {GatewayError} START_FAILED where a secret or a certificate is missing
 *  @throws {AlertsError} where the silences cannot be read */
export async function startRelay(start: RelayStart): Promise<RunningRelay> {
  const { config, ledger, log, reviewUrl, deadlineMs } = start;
  const silences = await openSilences(config, start);
  const { sinks, lanes } = createSinks({ config, env: process.env, reviewUrl, silences });
  const relays: Relay[] = [];
  if (sinks.length > 0) relays.push(createRelay({ outbox: ledger, sinks, onSilenced: silences.count }));
  if (lanes.length > 0) {
    const onThreadLost = (error: Error) =>
      log.error('the thread that relays to Kafka is started again', error);
    relays.push(createThreadedRelay({ ledger, lanes, silences, onThreadLost }));
  }
  for (const relay of relays) relay.start();
  void tellOfGoneSinks(start);
  void tellOfUnscored(start);
  const watches = relays.map((relay) => watchLanes(relay, WORDS, log));
  return {
    gauges: () => ({ sinks: watches.flatMap((watch) => watch.lanes()) }),
    async close() {
      for (const watch of watches) watch.close();
      await Promise.all(relays.map((relay) => relay.stop({ deadlineMs })));
      await silences.close();
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

/** What waits for sinks that were taken out of the configuration nobody delivers. Never rejects. */
async function tellOfGoneSinks({ config, ledger, log }: RelayStart): Promise<void> {
  const known = new Set([...sinkNames(config), STORE_SINK, SCORING_SINK]);
  try {
    for (const sink of await ledger.sinksWithRows()) {
      const waiting = known.has(sink) ? 0 : (await ledger.depth(sink)).depth;
      if (waiting === 0) continue;
      const remedy = `name the sink again, or: telltale outbox drop --waiting --sink ${sink}`;
      log.warn('alerts wait for a sink that the configuration does not name', { sink, waiting, remedy });
    }
  } catch (error) {
    log.error('it is not known whether alerts wait for sinks that are gone', error);
  }
}

/** Exchanges that were to be scored elsewhere wait for ever where they are scored here by now. Never rejects. */
async function tellOfUnscored({ config, ledger, log }: RelayStart): Promise<void> {
  if (config.scoring.where === 'kafka') return;
  try {
    const { depth: waiting } = await ledger.unscored.depth(SCORING_SINK);
    if (waiting === 0) return;
    const drop = `telltale outbox drop --waiting --sink ${SCORING_SINK}`;
    const remedy = `set scoring.where: kafka until they are handed over, or: ${drop}`;
    log.warn('exchanges wait for workers, and this gateway hands none over', { waiting, remedy });
  } catch (error) {
    log.error('it is not known whether exchanges wait for workers', error);
  }
}
