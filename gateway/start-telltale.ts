import { join } from 'node:path';
import { createLedger, type Ledger } from '../alerts/index.ts';
import type { Detector } from '../detectors/index.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createReviewServer } from '../review/index.ts';
import { alertRefusedRules } from './alert-refused-rules.ts';
import { createApp, type GatewayApp } from './app.ts';
import { type Closing, createClosing } from './closing.ts';
import type { Config } from './config/schema.ts';
import { readConversationKey } from './conversation/conversation-id.ts';
import { createIdentify, type Identify } from './conversation/identify.ts';
import { createTrustedHops } from './conversation/trusted-hops.ts';
import { createTurns } from './conversation/turns.ts';
import { createDemoUpstream } from './demo-upstream/index.ts';
import { loadDialects } from './dialects/load-dialects.ts';
import { createVoiceOf } from './dialects/nearest-voice.ts';
import type { DriftKeeper } from './drift/drift-keeper.ts';
import { startDrift } from './drift/start-drift.ts';
import { createEventKeeper, type EventKeeper, type EventKeeperParts } from './events/event-keeper.ts';
import { createLateRecorder } from './events/late-recorder.ts';
import type { GatewayParts } from './exchange/parts.ts';
import { GatewayError } from './gateway-error.ts';
import { type RunningHandover, startHandover } from './handover/start-handover.ts';
import { createHealth } from './health.ts';
import { type HttpServer, listen } from './http-server.ts';
import { createMetricsHandler } from './metrics-handler.ts';
import { openDataFolder } from './open-data-folder.ts';
import { openDetector, openIdleDetector } from './open-detector.ts';
import { ledgerOptions, storeNotes } from './open-ledger.ts';
import { openRules } from './open-rules.ts';
import { ifUnscoredUnrecorded } from './policy/on-unrecorded.ts';
import { createReplayKeeper, type ReplayKeeper } from './replay/replay-keeper.ts';
import { sinkNames } from './sinks/create-sinks.ts';
import { type RunningRelay, startRelay } from './start-relay.ts';
import type { ActiveRules } from './start-rules.ts';
import { createStop } from './stop.ts';
import {
  createLogger,
  createTelemetry,
  type Logger,
  type Telemetry,
  telemetryOptions,
} from './telemetry/index.ts';
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
  const { config, closing, log } = starting;
  const hardStop = new AbortController();
  const { parts, rules, ledger, drift, replay, upstreamUrls } = await buildParts(starting, hardStop.signal);
  const { app, server } = await openGateway(parts, closing);
  const { url } = server;
  const reviewUrl = await openReview(starting, parts, { ledger, gatewayUrl: url });
  const { relayDeadlineMs: deadlineMs = 5_000 } = starting.options;
  const relay = closing.add(
    'relay',
    await startRelay({ config, ledger, log, reviewUrl: linksTo(config, reviewUrl), deadlineMs }),
  );
  const handover = isScoredElsewhere(config) ? openHandover(starting, ledger, deadlineMs) : null;
  observeGauges(parts, app, { relay, handover, ledger, replay, drift });
  const handler = createMetricsHandler(parts.telemetry);
  const metrics = closing.add('metrics', await listen({ name: 'metrics', ...config.metrics, handler }));
  const { rules: active, digest } = rules.current();
  return {
    url,
    reviewUrl,
    metricsUrl: `${metrics.url}/metrics`,
    upstreamUrls,
    isDemo: needsDemo(config),
    rules: { count: active.length, digest },
    detector: parts.detector,
    ledger,
    inFlight: app.inFlight,
    reloadRules: rules.reload,
    stop: createStop({ parts, app, server, closing, hardStop }),
  };
}

interface Built {
  readonly parts: GatewayParts;
  readonly rules: ActiveRules;
  readonly ledger: Ledger;
  readonly drift: DriftKeeper;
  readonly replay: ReplayKeeper;
  readonly upstreamUrls: readonly string[];
}

/** What stands behind the gateway's port. */
async function buildParts({ config, log, closing, options }: Start, stopSignal: AbortSignal): Promise<Built> {
  const dataDir = openDataFolder(config.data);
  const conversationKey = readConversationKey(dataDir);
  const telemetry = closing.add(
    'telemetry',
    createTelemetry(telemetryOptions(config, packageJson.version, log)),
  );
  const detector = options.detector ?? closing.add('detector', await openReader(config));
  // Where exchanges are scored elsewhere, nothing acts here.
  const isShadow = config.policy.shadow || isScoredElsewhere(config);
  const rules = closing.add('rules', await openRules(config, { detector, telemetry, log, isShadow }));
  const ledger = closing.add('ledger', await openLedger(config, log, options));
  alertRefusedRules({ rules, ledger, detector, log });
  const { current: currentRules } = rules;
  const drift = closing.add(
    'drift',
    await startDrift(config, { dataDir, detector, currentRules, ledger, telemetry, log }),
  );
  const replay = closing.add(
    'replay',
    createReplayKeeper({
      config: config.replay,
      dataDir,
      featureset: detector.featureset,
      known: ledger.known,
      log,
    }),
  );
  const demo = needsDemo(config) ? closing.add('demo', await createDemoUpstream({ port: 0 })) : null;
  const demoUrl = demo?.url ?? null;
  const health = createHealth(isStoreNeeded(config), () => storeNotes(ledger.stats()));
  const recordLate = createLateRecorder({ ledger, telemetry, health, log, detector });
  const events = { currentRules, telemetry, log, recordLate };
  const parts: GatewayParts = {
    config,
    detector,
    currentRules,
    ledger,
    drift,
    replay,
    events: closing.add('events', await openEvents(dataDir, events)),
    telemetry,
    upstreams: closing.add(
      'upstreams',
      createUpstreams({ config, demoUrl, env: options.env ?? process.env }),
    ),
    log,
    health,
    conversationKey,
    turns: createTurns(),
    identify: openIdentify(config, { key: conversationKey, telemetry }),
    stopSignal,
  };
  const upstreamUrls = [config.upstream.url ?? demoUrl ?? [], config.upstreams.map(({ url }) => url)].flat();
  return { parts, rules, ledger, drift, replay, upstreamUrls };
}

function openIdentify(
  { identity }: Config,
  { key, telemetry }: { readonly key: GatewayParts['conversationKey']; readonly telemetry: Telemetry },
): Identify {
  return createIdentify({
    key,
    hops: createTrustedHops(identity.trusted_hops),
    hasHops: identity.trusted_hops.length > 0,
    callerHeader: identity.caller_header,
    onIgnored: telemetry.recordIgnoredHeader,
  });
}

async function openGateway(
  parts: GatewayParts,
  closing: Closing,
): Promise<{ app: GatewayApp; server: HttpServer }> {
  const { server: settings } = parts.config;
  const dialects = await loadDialects();
  const usual = dialects.find(({ name }) => name === 'openai-chat') ?? dialects[0];
  if (usual === undefined) throw new GatewayError('DIALECT_BROKEN', 'the folder of dialects is empty');
  const voiceOf = createVoiceOf(dialects, usual, settings.prefix);
  const app = closing.add('app', createApp(parts, { dialects, voiceOf }));
  const { host, port } = settings;
  const server = await listen({ name: 'the gateway', host, port, handler: app.handler, settings, voiceOf });
  return { app, server: closing.add('gateway', server) };
}

async function openReview(
  { config, log, closing, options }: Start,
  { detector }: GatewayParts,
  { ledger, gatewayUrl }: { readonly ledger: Ledger; readonly gatewayUrl: string },
): Promise<string> {
  const review = await createReviewServer({
    host: config.review.host,
    port: config.review.port,
    allowedHosts: config.review.allowed_hosts,
    ledger,
    featureset: detector.featureset,
    gatewayUrl,
    onError: (error) => log.error('review failed', error),
    ...(options.webPath === undefined ? {} : { webPath: options.webPath }),
  });
  return closing.add('review', review).url;
}

interface Gauged {
  readonly relay: RunningRelay;
  readonly handover: RunningHandover | null;
  readonly ledger: Ledger;
  readonly replay: ReplayKeeper;
  readonly drift: DriftKeeper;
}

function observeGauges(
  parts: GatewayParts,
  app: GatewayApp,
  { relay, handover, ledger, replay, drift }: Gauged,
): void {
  parts.telemetry.observeGauges(() => ({
    inFlight: app.inFlight(),
    detector: parts.detector.stats(),
    ...relay.gauges(),
    ...handover?.gauges(),
    store: ledger.stats(),
    replay: replay.stats(),
    drift: drift.reading(),
    ruleSetDigest: parts.currentRules().digest,
    rulesActive: parts.currentRules().rules.filter(({ mode }) => mode !== 'off').length,
    isReady: parts.health.readiness().isReady,
  }));
}

/** Where the links of alerts lead. */
function linksTo({ review }: Config, ownUrl: string): string {
  return review.url?.replace(/\/$/, '') ?? ownUrl;
}

function isScoredElsewhere({ scoring }: Config): boolean {
  return scoring.where === 'kafka';
}

function isStoreNeeded(config: Config): boolean {
  const { policy } = config;
  return (isScoredElsewhere(config) ? ifUnscoredUnrecorded(policy) : policy.on_unrecorded.none) === 'block';
}

/** Where exchanges are scored elsewhere the gateway needs to know the featureset, and no reader. */
function openReader(config: Config): Promise<Detector> {
  return isScoredElsewhere(config) ? openIdleDetector(config) : openDetector(config);
}

function openHandover(
  { config, closing, log, options }: Start,
  ledger: Ledger,
  deadlineMs: number,
): RunningHandover {
  const { env = process.env } = options;
  return closing.add('handover', startHandover({ config, ledger, log, env, deadlineMs }));
}

/** Something answers even where no upstream is named. */
function needsDemo({ upstream, upstreams }: Config): boolean {
  return upstream.url === null && upstreams.length === 0;
}

/** What correlations have counted stands beside the store. */
function openEvents(dataDir: string, parts: Omit<EventKeeperParts, 'path'>): Promise<EventKeeper> {
  return createEventKeeper({ ...parts, path: join(dataDir, 'events.json') });
}

function openLedger(config: Config, log: Logger, { commitTimeoutMs }: StartOptions): Promise<Ledger> {
  return createLedger({
    ...ledgerOptions(config, sinkNames(config)),
    ...(commitTimeoutMs === undefined ? {} : { commitTimeoutMs }),
    onSetAside: ({ path, reason }) => log.warn('damaged store set aside', { path, reason }),
  });
}
