import type { Ledger } from '../alerts/index.ts';
import type { Detector } from '../detectors/index.ts';
import type { GatewayApp } from './app.ts';
import { type Closing, createClosing } from './closing.ts';
import type { Config } from './config/schema.ts';
import { openConversationKey } from './conversation/conversation-key.ts';
import { createIdentify, type Identify } from './conversation/identify.ts';
import { createTrustedHops } from './conversation/trusted-hops.ts';
import { createTurns } from './conversation/turns.ts';
import { createDemoUpstream } from './demo-upstream/index.ts';
import type { GatewayParts } from './exchange/parts.ts';
import { type RunningHandover, startHandover } from './handover/start-handover.ts';
import { listen } from './http-server.ts';
import { createMetricsHandler } from './metrics-handler.ts';
import { openDataFolder } from './open-data-folder.ts';
import { openDetector, openIdleDetector } from './open-detector.ts';
import { openGateway } from './open-gateway.ts';
import { openReview, reviewLinks } from './open-review.ts';
import { openScoring, type Scoring } from './open-scoring.ts';
import { ifUnscoredUnrecorded } from './policy/on-unrecorded.ts';
import { type RunningRelay, startRelay } from './start-relay.ts';
import { createStop } from './stop.ts';
import { createLogger, type Logger, type Telemetry } from './telemetry/index.ts';
import { createUpstreams } from './upstream/create-upstreams.ts';

/** A gateway that runs, and where. */
export interface Running {
  readonly url: string;
  readonly reviewUrl: string;
  readonly metricsUrl: string;
  /** The one for all requests first. */
  readonly upstreamUrls: readonly string[];
  readonly isDemo: boolean;
  /** What held at the start, for the banner. */
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
  /** Where the keys of upstreams are, default the process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long a stop waits for what is still to be delivered; default 5,000. */
  readonly relayDeadlineMs?: number;
  /** How long a record may take to be on disk; default 5,000. */
  readonly commitTimeoutMs?: number;
}

interface Start {
  readonly config: Config;
  readonly log: Logger;
  readonly closing: Closing;
  readonly options: StartOptions;
}

/** Starts everything: reader, rules, store, gateway, review page, relay and metrics.
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

async function start(starting: Start): Promise<Running> {
  const { config, closing, log, options } = starting;
  const { relayDeadlineMs: deadlineMs = 5_000, env = process.env, webPath } = options;
  const hardStop = new AbortController();
  const { parts, scoring, upstreamUrls } = await buildParts(starting, hardStop.signal);
  const { ledger, rules, detector } = scoring;
  const { app, server } = await openGateway(parts, closing);
  const { url } = server;
  const review = await openReview({ config, ledger, detector, gatewayUrl: url, log, webPath });
  const { url: reviewUrl } = closing.add('review', review);
  const relay = closing.add(
    'relay',
    await startRelay({ config, ledger, log, reviewUrl: reviewLinks(config, reviewUrl), deadlineMs }),
  );
  const handover = isScoredElsewhere(config)
    ? closing.add('handover', startHandover({ config, ledger, log, env, deadlineMs }))
    : null;
  observeGauges({ scoring, app, relay, handover });
  const handler = createMetricsHandler(parts.telemetry);
  const headerTimeoutMs = config.limits.header_timeout_ms;
  const metrics = closing.add(
    'metrics',
    await listen({ name: 'metrics', ...config.metrics, handler, headerTimeoutMs }),
  );
  const { rules: active, digest } = rules.current();
  return {
    url,
    reviewUrl,
    metricsUrl: `${metrics.url}/metrics`,
    upstreamUrls,
    isDemo: needsDemo(config),
    rules: { count: active.length, digest },
    detector,
    ledger,
    inFlight: app.inFlight,
    reloadRules: rules.reload,
    stop: createStop({ parts, app, server, closing, hardStop }),
  };
}

interface Built {
  readonly parts: GatewayParts;
  readonly scoring: Scoring;
  readonly upstreamUrls: readonly string[];
}

/** What stands behind the gateway's port. */
async function buildParts({ config, log, closing, options }: Start, stopSignal: AbortSignal): Promise<Built> {
  const dataDir = openDataFolder(config.data);
  const scoring = await openScoring({
    config,
    log,
    closing,
    dataDir,
    detector: options.detector,
    openReader: isScoredElsewhere(config) ? openIdleDetector : openDetector,
    // Where exchanges are scored elsewhere, nothing acts here.
    isShadow: config.policy.shadow || isScoredElsewhere(config),
    isStoreNeeded: isStoreNeeded(config),
    commitTimeoutMs: options.commitTimeoutMs,
  });
  const { database_url: databaseUrl } = config.store;
  const conversationKey = await openConversationKey({ dataDir, databaseUrl, ledger: scoring.ledger, log });
  const demo = needsDemo(config) ? closing.add('demo', await createDemoUpstream({ port: 0 })) : null;
  const demoUrl = demo?.url ?? null;
  const env = options.env ?? process.env;
  const parts: GatewayParts = {
    ...scoring,
    config,
    upstreams: closing.add('upstreams', createUpstreams({ config, demoUrl, env, log })),
    log,
    conversationKey,
    turns: createTurns(),
    identify: openIdentify(config, { key: conversationKey, telemetry: scoring.telemetry }),
    stopSignal,
  };
  const upstreamUrls = [config.upstream.url ?? demoUrl ?? [], config.upstreams.map(({ url }) => url)].flat();
  return { parts, scoring, upstreamUrls };
}

function openIdentify(
  { identity }: Config,
  { key, telemetry }: { readonly key: GatewayParts['conversationKey']; readonly telemetry: Telemetry },
): Identify {
  return createIdentify({
    key,
    hops: createTrustedHops(identity.trusted_hops),
    callerHeader: identity.caller_header,
    onIgnored: telemetry.recordIgnoredHeader,
  });
}

interface Gauged {
  readonly scoring: Scoring;
  readonly app: GatewayApp;
  readonly relay: RunningRelay;
  readonly handover: RunningHandover | null;
}

function observeGauges({ scoring, app, relay, handover }: Gauged): void {
  scoring.telemetry.observeGauges(() => ({
    inFlight: app.inFlight(),
    inFlightLimit: app.inFlightLimit(),
    ...scoring.gauges(),
    ...relay.gauges(),
    ...handover?.gauges(),
    isReady: scoring.health.readiness().isReady,
  }));
}

/** Where exchanges are scored elsewhere the gateway needs to know the featureset, and no reader. */
function isScoredElsewhere({ scoring }: Config): boolean {
  return scoring.where === 'kafka';
}

function isStoreNeeded(config: Config): boolean {
  const { policy } = config;
  return (isScoredElsewhere(config) ? ifUnscoredUnrecorded(policy) : policy.on_unrecorded.none) === 'block';
}

/** Something answers even where no upstream is named. */
function needsDemo({ upstream, upstreams }: Config): boolean {
  return upstream.url === null && upstreams.length === 0;
}
