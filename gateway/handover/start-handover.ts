import { createExchangeSink, createRelay, type Ledger } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { GaugeReading, Logger } from '../telemetry/index.ts';
import { watchLanes } from '../watch-lanes.ts';
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

const WORDS = {
  failing: 'exchanges cannot be handed over and wait on disk',
  again: 'exchanges are handed over again',
  dead: 'exchanges became dead letters',
  unknown: 'the exchanges that wait cannot be counted',
} as const;

/** @throws {GatewayError} START_FAILED where a secret or a certificate is missing */
export function startHandover({ config, ledger, log, env, deadlineMs }: HandoverStart): RunningHandover {
  const sink = createExchangeSink(exchangeTopic(config, env));
  const relay = createRelay({ outbox: ledger.unscored, sinks: [sink] });
  relay.start();
  const watch = watchLanes(relay, WORDS, log);
  return {
    gauges() {
      const [lane] = watch.lanes();
      return lane === undefined ? {} : { handover: lane };
    },
    async close() {
      watch.close();
      await relay.stop({ deadlineMs });
      await sink.close();
    },
  };
}
