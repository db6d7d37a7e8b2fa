import { join } from 'node:path';
import { createLedger, type Ledger } from '../alerts/index.ts';
import type { Detector } from '../detectors/index.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { RuleSet } from '../rules/index.ts';
import { alertRefusedRules } from './alert-refused-rules.ts';
import type { Closing } from './closing.ts';
import type { Config } from './config/schema.ts';
import type { DriftKeeper } from './drift/drift-keeper.ts';
import { startDrift } from './drift/start-drift.ts';
import type { DueTime } from './events/due-clock.ts';
import { createEventKeeper, type EventKeeper } from './events/event-keeper.ts';
import { createLateRecorder } from './events/late-recorder.ts';
import { createHealth, type Health } from './health.ts';
import { ledgerOptions, storeNotes } from './open-ledger.ts';
import { openRules } from './open-rules.ts';
import { createReplayKeeper, type ReplayKeeper } from './replay/replay-keeper.ts';
import { sinkNames } from './sinks/create-sinks.ts';
import type { ActiveRules } from './start-rules.ts';
import {
  createTelemetry,
  type GaugeReading,
  type Logger,
  type Telemetry,
  telemetryOptions,
} from './telemetry/index.ts';

/** What holds rules against text and keeps what is found, in a gateway as in a worker. */
export interface Scoring {
  readonly telemetry: Telemetry;
  readonly detector: Detector;
  readonly rules: ActiveRules;
  readonly currentRules: () => RuleSet;
  readonly ledger: Ledger;
  readonly health: Health;
  readonly drift: DriftKeeper;
  readonly replay: ReplayKeeper;
  readonly events: EventKeeper;
  gauges(): Pick<GaugeReading, 'detector' | 'store' | 'drift' | 'replay' | 'rulesActive' | 'ruleSetDigest'>;
}

export interface ScoringStart {
  readonly config: Config;
  readonly log: Logger;
  /** Gets every part as soon as it is open. */
  readonly closing: Closing;
  /** The folder of state, which is there. */
  readonly dataDir: string;
  /** A reader that is at work already; it is used and not closed. */
  readonly detector: Detector | undefined;
  /** Asked where none is. */
  readonly openReader: (config: Config) => Promise<Detector>;
  /** Whether no rule may act; default false. */
  readonly isShadow?: boolean;
  /** Whether nothing can go on that is not recorded. */
  readonly isStoreNeeded: boolean;
  /** How long a record may take to be on disk; default the store's own. */
  readonly commitTimeoutMs?: number | undefined;
  /** What correlations go by; default the wall's time. */
  readonly time?: DueTime;
}

/** Opens reader, rules and store, and goes on counting where the last run left.
 *  @throws {GatewayError | DetectorError | AlertsError} */
export async function openScoring(start: ScoringStart): Promise<Scoring> {
  const { config, log, closing, dataDir, isShadow = false, isStoreNeeded, time } = start;
  const telemetry = closing.add(
    'telemetry',
    createTelemetry(telemetryOptions(config, packageJson.version, log)),
  );
  const detector = start.detector ?? closing.add('detector', await start.openReader(config));
  const rules = closing.add('rules', await openRules(config, { detector, telemetry, log, isShadow }));
  const ledger = closing.add('ledger', await openLedger(start));
  alertRefusedRules({ rules, ledger, detector, log });
  const { current: currentRules } = rules;
  const counting = { dataDir, detector, currentRules, ledger, telemetry, log };
  const drift = closing.add('drift', await startDrift(config, counting));
  const { featureset } = detector;
  const kept = { config: config.replay, dataDir, featureset, known: ledger.known, log };
  const replay = closing.add('replay', createReplayKeeper(kept));
  const health = createHealth(isStoreNeeded, () => storeNotes(ledger.stats()));
  const recordLate = createLateRecorder({ ledger, telemetry, health, log, detector });
  const path = join(dataDir, 'events.json');
  const events = closing.add(
    'events',
    await createEventKeeper({ ...counting, path, recordLate, ...(time !== undefined && { time }) }),
  );
  const gauges = () => ({
    detector: detector.stats(),
    store: ledger.stats(),
    drift: drift.reading(),
    replay: replay.stats(),
    rulesActive: currentRules().rules.filter(({ mode }) => mode !== 'off').length,
    ruleSetDigest: currentRules().digest,
  });
  return { telemetry, detector, rules, currentRules, ledger, health, drift, replay, events, gauges };
}

function openLedger({ config, log, commitTimeoutMs }: ScoringStart): Promise<Ledger> {
  return createLedger({
    ...ledgerOptions(config, sinkNames(config)),
    ...(commitTimeoutMs === undefined ? {} : { commitTimeoutMs }),
    onSetAside: ({ path, reason }) => log.warn('damaged store set aside', { path, reason }),
  });
}
