import { createExchangeSink, createRelay, type LaneStats, type Ledger } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { GaugeReading, Logger } from '../telemetry/index.ts';
import { exchangeTopic } from './exchange-topic.ts';

/** The relay from the store to the workers' topic, at work. */
export interface RunningHandover {
  /** As of a few seconds ago. */
  gauges(): Pick<GaugeReading, 'handover'>;
  /** Brings what it can within the deadline; the rest stays on disk for the next start. */
  close(): Promise<void>;
}

export interface HandoverStart {
  readonly config: Pick<Config, 'scoring' | 'kafka'>;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
}

const GAUGE_MS = 2_000;

/** @throws {GatewayError} START_FAILED where a secret or a certificate is missing */
export function startHandover({ config, ledger, log, env, deadlineMs }: HandoverStart): RunningHandover {
  const sink = createExchangeSink(exchangeTopic(config, env));
  const relay = createRelay({ outbox: ledger.unscored, sinks: [sink] });
  relay.start();
  let known: LaneStats | undefined;
  const look = () =>
    relay.stats().then(
      ([lane]) => {
        if (lane !== undefined) tell(log, lane, known);
        known = lane;
      },
      (error: unknown) => log.error('the exchanges that wait cannot be counted', error),
    );
  const timer = setInterval(() => void look(), GAUGE_MS).unref();
  return {
    gauges: () => (known === undefined ? {} : { handover: known }),
    async close() {
      clearInterval(timer);
      await relay.stop({ deadlineMs });
      await sink.close();
    },
  };
}

/** One line when the topic begins to fail, when it works again, and when exchanges become dead letters. */
function tell(log: Logger, { depth, failuresInARow, dead, lastError }: LaneStats, before?: LaneStats): void {
  const wasFailing = (before?.failuresInARow ?? 0) > 0;
  if (failuresInARow > 0 && !wasFailing) {
    log.warn('exchanges cannot be handed over and wait on disk', { waiting: depth, reason: lastError });
  }
  if (failuresInARow === 0 && wasFailing) log.info('exchanges are handed over again', { waiting: depth });
  if (before !== undefined && dead > before.dead)
    log.warn('exchanges became dead letters', { dead, reason: lastError });
}
