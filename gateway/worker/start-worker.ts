import { join } from 'node:path';
import { createExchangeGroup, type ExchangeGroup, type Ledger } from '../../alerts/index.ts';
import type { Detector } from '../../detectors/index.ts';
import { type Closing, createClosing } from '../closing.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../gateway-error.ts';
import { exchangeTopic } from '../handover/exchange-topic.ts';
import { startHandover } from '../handover/start-handover.ts';
import type { Health } from '../health.ts';
import { listen } from '../http-server.ts';
import { openDataFolder } from '../open-data-folder.ts';
import { openDetector } from '../open-detector.ts';
import { reviewLinks } from '../open-review.ts';
import { openScoring } from '../open-scoring.ts';
import { createGate } from '../scanning/gate.ts';
import { startRelay } from '../start-relay.ts';
import type { Logger } from '../telemetry/index.ts';
import { createProgress, LAG_MS, type Progress } from './progress.ts';
import { type WorkParts, workOff } from './work-off.ts';
import { createWorkerHandler } from './worker-handler.ts';

/** A worker that runs. */
export interface RunningWorker {
  /** `/metrics`, `/healthz` and `/readyz` are below it. */
  readonly url: string;
  readonly ledger: Ledger;
  group(): ReturnType<ExchangeGroup['stats']>;
  reloadRules(): Promise<void>;
  /** Handles what is under way within the grace time, leaves the group, and closes everything. Never rejects. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly log: Logger;
  /** Names its folder within the data folder; default `worker`. */
  readonly name?: string;
  /** A reader that is at work already; it is used and not closed. */
  readonly detector?: Detector;
  /** Where passwords are, default the process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long a stop waits for what is still to be delivered; default 5,000. */
  readonly relayDeadlineMs?: number;
  /** How long a dead worker keeps its partitions; default 30 s. */
  readonly sessionTimeoutMs?: number;
}

/** Joins the workers' group and scores what comes.
 *  @throws {GatewayError | DetectorError | AlertsError} what was started is closed again before */
export async function startWorker(given: Config, options: WorkerOptions): Promise<RunningWorker> {
  if (given.scoring.where !== 'kafka') {
    const message = `scoring.where is "${given.scoring.where}": the gateway scores in line and hands nothing over; a worker needs "kafka"`;
    throw new GatewayError('CONFIG', message, { fields: { problems: [message] } });
  }
  // Its store, its counts and its alerts file are its own.
  const config = { ...given, data: join(given.data, options.name ?? 'worker') };
  const closing = createClosing(options.log);
  try {
    return await start(config, options, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

async function start(config: Config, options: WorkerOptions, closing: Closing): Promise<RunningWorker> {
  const { log, env = process.env, relayDeadlineMs: deadlineMs = 5_000 } = options;
  const progress = createProgress();
  const scoring = await openScoring({
    config,
    log,
    closing,
    dataDir: openDataFolder(config.data),
    detector: options.detector,
    openReader: openDetector,
    isStoreNeeded: true,
    time: progress,
  });
  const { telemetry, detector, rules, ledger, health } = scoring;
  const relay = closing.add(
    'relay',
    await startRelay({ config, ledger, log, reviewUrl: pageOf(config), deadlineMs }),
  );
  // What `telltale outbox retry` takes out of the dead letters goes to the topic again.
  const handover = closing.add('handover', startHandover({ config, ledger, log, env, deadlineMs }));
  const gate = createGate(1 + Math.max(1, detector.stats().workers));
  const group = openGroup({ ...scoring, config, progress, gate, log }, { ...options, env });
  telemetry.observeGauges(() => ({
    inFlight: 0,
    ...scoring.gauges(),
    ...relay.gauges(),
    ...handover.gauges(),
    isReady: readinessOf(health, group).isReady,
    worker: { ...group.stats(), lag: progress.lag() },
  }));
  const handler = createWorkerHandler(telemetry, () => readinessOf(health, group));
  const headerTimeoutMs = config.limits.header_timeout_ms;
  const { url } = closing.add(
    'metrics',
    await listen({ name: 'metrics', ...config.metrics, handler, headerTimeoutMs }),
  );
  const watch = watchGroup(group, progress, log);
  closing.add('group', {
    async close() {
      health.noteStopping();
      await group.stop({ deadlineMs: config.stop.grace_ms });
      watch.close();
    },
  });
  group.start();
  return { url, ledger, group: group.stats, reloadRules: rules.reload, stop: closing.closeAll };
}

function openGroup(
  { config, ...parts }: Omit<WorkParts, 'config'> & { readonly config: Config },
  { env, sessionTimeoutMs }: { readonly env: NodeJS.ProcessEnv; readonly sessionTimeoutMs?: number },
): ExchangeGroup {
  return createExchangeGroup({
    topic: exchangeTopic(config, env),
    groupId: config.scoring.group,
    handle: (arrivals, abortSignal) => workOff(arrivals, { config, ...parts }, abortSignal),
    ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
  });
}

/** The page of gateways shows what is in the store that they share; what is in a store of the worker's own no page shows. */
function pageOf(config: Config): string {
  const { review, store } = config;
  return reviewLinks(config, store.database_url === null ? '' : `http://${review.host}:${review.port}`);
}

function readinessOf(health: Health, group: ExchangeGroup): ReturnType<Health['readiness']> {
  const { isReady, notes } = health.readiness();
  const { isJoined, lastError } = group.stats();
  const waiting = isJoined ? [] : [`kafka: not in the group${lastError === null ? '' : `: ${lastError}`}`];
  return { isReady: isReady && isJoined, notes: [...notes, ...waiting] };
}

/** Looks after the group: how far it is behind, and whether it goes on. */
function watchGroup(group: ExchangeGroup, progress: Progress, log: Logger): { close(): void } {
  let before = group.stats();
  const look = async (): Promise<void> => {
    const now = group.stats();
    if (now.joins > before.joins)
      log.info('partitions were given out', { partitions: now.partitions.join(',') });
    if (now.failuresInARow > 0 && before.failuresInARow === 0)
      log.warn('the group cannot be joined, and is tried again', { reason: now.lastError });
    before = now;
    // Of a broker that does not answer nothing is known: the last figure stands.
    await group.lag().then(progress.setLag, () => {});
  };
  const timer = setInterval(() => void look(), LAG_MS).unref();
  return { close: () => clearInterval(timer) };
}
