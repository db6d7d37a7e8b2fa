import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLedger, type Ledger } from '../alerts/index.ts';
import { createDetector, type Detector } from '../detectors/index.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createReviewServer } from '../review/index.ts';
import { createApp, type GatewayApp } from './app.ts';
import { createClosing } from './closing.ts';
import type { Config } from './config/schema.ts';
import { readConversationKey } from './conversation/conversation-id.ts';
import { createDemoUpstream } from './demo-upstream/index.ts';
import { loadDialects } from './dialects/load-dialects.ts';
import type { GatewayParts } from './exchange/parts.ts';
import { GatewayError } from './gateway-error.ts';
import { createHealth } from './health.ts';
import { listen } from './http-server.ts';
import { startRelay } from './start-relay.ts';
import { startRules } from './start-rules.ts';
import { createLogger, createTelemetry, type Logger, type Telemetry } from './telemetry/index.ts';
import { createUpstream } from './upstream/create-upstream.ts';

/** A gateway that runs, and where. */
export interface Running {
  readonly url: string;
  readonly reviewUrl: string;
  readonly metricsUrl: string;
  readonly upstreamUrl: string;
  readonly isDemo: boolean;
  /** What holds now, for the banner. */
  readonly rules: { readonly count: number; readonly digest: string };
  readonly detector: Detector;
  readonly ledger: Ledger;
  inFlight(): number;
  /** Reads the rule files again, all or nothing. */
  reloadRules(): Promise<void>;
  /** Not ready at once; streams finish within the grace time, the rest end in an error; all are recorded.
   *  Never rejects, and does its work once. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log?: Logger;
  /** A reader that is at work already; it is used and not closed. */
  readonly detector?: Detector;
  /** Folder of the built review page, where it is not the one that comes with Telltale. */
  readonly webPath?: string;
  /** How long a stop waits for what is still to be delivered; default 5,000. */
  readonly relayDeadlineMs?: number;
}

const MODEL_FOLDER = resolve(import.meta.dirname, '../models/default');
const RULES_FOLDER = resolve(import.meta.dirname, '../rules/shipped');

/** Starts everything: reader, rules, store, relay, review page, metrics, and at last the gateway itself.
 *  @throws {GatewayError | DetectorError | AlertsError | ReviewError} what was started is closed again before */
export async function startTelltale(config: Config, options: StartOptions = {}): Promise<Running> {
  const log = options.log ?? createLogger();
  const closing = createClosing(log);
  try {
    return await start({ config, log, closing, options });
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

interface Start {
  readonly config: Config;
  readonly log: Logger;
  readonly closing: ReturnType<typeof createClosing>;
  readonly options: StartOptions;
}

async function start({ config, log, closing, options }: Start): Promise<Running> {
  const dataDir = openDataFolder(config.data);
  const { otlp_endpoint: otlpEndpoint } = config.telemetry;
  const telemetry = closing.add(
    'telemetry',
    createTelemetry({ version: packageJson.version, otlpEndpoint: otlpEndpoint ?? undefined }),
  );
  const detector = options.detector ?? closing.add('detector', await createDetector(detectorConfig(config)));
  const rules = await startRules({ folder: config.rules ?? RULES_FOLDER, detector, telemetry, log });
  closing.add('rules', rules);
  const ledger = closing.add('ledger', await openLedger(config, log));
  const demo =
    config.upstream.url === null ? closing.add('demo', await createDemoUpstream({ port: 0 })) : null;
  const upstreamUrl = config.upstream.url ?? demo?.url ?? '';
  const upstream = closing.add('upstream', createUpstream(upstreamUrl, config.upstream));
  const dialects = await loadDialects();
  const voice = dialects.find(({ name }) => name === 'openai-chat') ?? dialects[0];
  if (voice === undefined) throw new Error('no dialect');
  const stop = new AbortController();
  const parts: GatewayParts = {
    config,
    detector,
    currentRules: () => rules.current(),
    ledger,
    telemetry,
    upstream,
    log,
    health: createHealth(config.policy.on_unrecorded === 'block'),
    conversationKey: readConversationKey(dataDir),
    stopSignal: stop.signal,
  };
  const app = createApp(parts, dialects, voice);
  const gateway = closing.add(
    'gateway',
    await listen({
      name: 'the gateway',
      ...config.server,
      handler: app.handler,
      settings: config.server,
      voice,
    }),
  );
  const review = closing.add(
    'review',
    await createReviewServer({
      ...config.review,
      ledger,
      featureset: detector.featureset,
      gatewayUrl: gateway.url,
      ...(options.webPath === undefined ? {} : { webPath: options.webPath }),
      onError: (error) => log.error('review failed', error),
    }),
  );
  const { relayDeadlineMs: deadlineMs = 5_000 } = options;
  const relay = startRelay({ config, ledger, log, reviewUrl: review.url, deadlineMs });
  closing.add('relay', relay);
  telemetry.observeGauges(() => ({
    inFlight: app.inFlight(),
    detector: detector.stats(),
    ...relay.gauges(),
    rulesActive: rules.current().rules.filter(({ mode }) => mode !== 'off').length,
    isReady: parts.health.readiness().isReady,
  }));
  const metrics = closing.add(
    'metrics',
    await listen({ name: 'metrics', ...config.metrics, handler: metricsHandler(telemetry) }),
  );
  return {
    url: gateway.url,
    reviewUrl: review.url,
    metricsUrl: `${metrics.url}/metrics`,
    upstreamUrl,
    isDemo: demo !== null,
    rules: { count: rules.current().rules.length, digest: rules.current().digest },
    detector,
    ledger,
    inFlight: app.inFlight,
    reloadRules: rules.reload,
    stop: once(() => stopAll({ config, parts, app, closing, hardStop: stop })),
  };
}

function openDataFolder(data: string): string {
  const folder = resolve(data);
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch (cause) {
    const message = `the state folder ${folder} cannot be made: ${(cause as Error).message}`;
    throw new GatewayError('START_FAILED', message, { fields: { folder }, cause });
  }
}

interface Stopping {
  readonly config: Config;
  readonly parts: GatewayParts;
  readonly app: GatewayApp;
  readonly closing: ReturnType<typeof createClosing>;
  readonly hardStop: AbortController;
}

/** Time for exchanges that were told to end to be scored and recorded. */
const LAST_CALL_MS = 10_000;

async function stopAll({ config, parts, app, closing, hardStop }: Stopping): Promise<void> {
  parts.health.noteStopping();
  const isIdle = await app.idle(config.stop.grace_ms);
  if (!isIdle) {
    parts.log.warn('grace time is over', { inFlight: app.inFlight() });
    hardStop.abort();
    await app.idle(LAST_CALL_MS);
  }
  await closing.closeAll();
}

function detectorConfig({ model, detector }: Config) {
  const { workers, timeout_ms: timeoutMs, max_queued_blocks: maxQueuedBlocks } = detector;
  return {
    modelPath: model ?? MODEL_FOLDER,
    timeoutMs,
    maxQueuedBlocks,
    ...(workers === null ? {} : { workers }),
  };
}

function openLedger({ data, store, kafka }: Config, log: Logger): Promise<Ledger> {
  return createLedger({
    dataDir: resolve(data),
    sinks: kafka.brokers.length > 0 ? ['kafka'] : ['file'],
    content: store.content,
    ...(store.max_bytes === null ? {} : { maxBytes: store.max_bytes }),
    onSetAside: ({ path, reason }) => log.warn('damaged store set aside', { path, reason }),
  });
}

function metricsHandler(telemetry: Telemetry): Parameters<typeof listen>[0]['handler'] {
  return (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    telemetry.metricsText().then(
      (text) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work();
    return done;
  };
}

/** Where the alerts file stands. */
export function alertsFile(dataDir: string): string {
  return join(resolve(dataDir), 'alerts.jsonl');
}
