/** The words of the telemetry's face: what the gateway reports while it works.
 *  No call here throws, blocks or carries message content; every call is cheap enough for the hot path. */

import type {
  GroupStats,
  KeptStats,
  LaneStats,
  LedgerStats,
  PartitionLag,
  UnscannedReason,
  Verdict,
} from '../../alerts/index.ts';
import type { DetectorStats } from '../../detectors/index.ts';
import type { Finding } from '../../rules/index.ts';

/** What is known of an exchange when it begins. */
export interface ExchangeStart {
  readonly exchangeId: string;
  /** The route's pattern, for example `/v1/chat/completions`, or `unknown`; never a raw path. */
  readonly route: string;
  readonly method: string;
  /** `openai-chat`, or `none` where no dialect reads the route. */
  readonly dialect: string;
  /** `gen_ai.operation.name` and `gen_ai.provider.name`; null where no dialect reads the route. */
  readonly words: { readonly operation: string; readonly provider: string } | null;
  /** W3C trace context of the caller, as it came. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** What the body told. */
export interface ExchangeDetail {
  readonly conversationId: string;
  readonly model: string | null;
  readonly isStreamed: boolean;
  /** Whom it is about, hashed: for the store alone, telemetry does not tell it. */
  readonly subject?: string;
}

/** How an exchange ended. */
export interface ExchangeEnd {
  /** HTTP status that the client got; 499 where the client left before a status was sent. */
  readonly status: number;
  /** `unscored`: the exchange is scored elsewhere. */
  readonly verdict: Verdict | 'unscored';
  /** Null where all went well, else what went wrong first. */
  readonly error: ExchangeError | null;
  readonly responseModel: string | null;
  readonly finishReasons: readonly string[];
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
  /** Tokens that the reader scored. */
  readonly tokensScored: number;
  /** Milliseconds from the request's first byte to the answer's first byte to the client; null where none was sent. */
  readonly firstByteMs: number | null;
}

/** Why an exchange did not go as the client asked. */
export type ExchangeError =
  | 'bad_request'
  | 'body_too_large'
  | 'unknown_path'
  | 'overloaded'
  | 'upstream_refused'
  | 'upstream_timeout'
  | 'upstream_cut'
  | 'client_gone'
  | 'unscannable'
  | 'unrecorded'
  | 'stopping'
  | 'internal';

/** Moments of an exchange that become span events. */
export type ExchangeEvent =
  | 'request_read'
  | 'request_scanned'
  | 'upstream_started'
  | 'upstream_first_byte'
  | 'upstream_ended'
  | 'response_scanned'
  | 'committed'
  | 'blocked'
  | 'client_gone';

/** One exchange under observation; `end` is called once, whatever happened. */
export interface ExchangeSpan {
  /** 32 hexadecimal digits, or null where nothing is traced. */
  readonly traceId: string | null;
  detail(detail: ExchangeDetail): void;
  /** Host and port of the upstream, once it is chosen. */
  upstream(host: string): void;
  event(event: ExchangeEvent): void;
  /** Becomes `gen_ai.evaluation.result`. */
  finding(finding: Finding): void;
  end(end: ExchangeEnd): void;
}

/** A policy that was used because the normal way was not open. */
export interface PolicyUse {
  readonly policy: 'on_unscannable' | 'on_unrecorded' | 'on_unknown_path';
  readonly decision: 'pass' | 'block';
}

/** One sink's part of the outbox. */
export interface SinkReading
  extends Pick<
    LaneStats,
    'sink' | 'depth' | 'oldestAgeMs' | 'attempts' | 'delivered' | 'retried' | 'dead' | 'held'
  > {}

/** The store now, and what it has left out since the start. */
export type StoreReading = Pick<
  LedgerStats,
  'pressure' | 'isAboveMark' | 'sampled' | 'expired' | 'buried' | 'unrecorded' | 'failures'
>;

/** A promised false-alarm rate beside the one that live traffic has shown within a window. */
export interface RateReading {
  readonly rule: string;
  readonly condition: string;
  /** At most this share of ordinary segments reaches the threshold. */
  readonly promised: number;
  /** Different segments within the window. */
  readonly segments: number;
  /** Share of them that reached it; null where there are none. */
  readonly rate: number | null;
  /** Wilson's 95 % interval. */
  readonly interval: readonly [lower: number, upper: number];
  readonly drift: 'none' | 'above' | 'below';
}

/** What live traffic says of promised rates. */
export interface DriftReading {
  readonly rates: readonly RateReading[];
  /** Texts that were forgotten within the window and may be counted twice. */
  readonly textsForgotten: number;
}
/** How exchanges come to those that score them elsewhere. */
export interface HandoverReading
  extends Pick<LaneStats, 'depth' | 'oldestAgeMs' | 'delivered' | 'retried' | 'dead'> {}

/** A worker in its group. */
export interface WorkerReading extends Pick<GroupStats, 'isJoined' | 'partitions' | 'joins'> {
  /** Of its own partitions. */
  readonly lag: readonly PartitionLag[];
}

/** What became of an exchange that came to a worker. */
export type WorkOutcome = 'scored' | 'duplicate' | 'dead';

/** What is kept for replay, and what has not been since the start. */
export type ReplayReading = KeptStats;

/** What gauges read when metrics are collected. */
export interface GaugeReading {
  readonly inFlight: number;
  readonly detector: DetectorStats;
  /** What the relay knows of each sink. */
  readonly sinks: readonly SinkReading[];
  readonly store: StoreReading;
  readonly replay: ReplayReading;
  readonly drift: DriftReading;
  readonly rulesActive: number;
  /** Of the rule set that new exchanges are judged by. */
  readonly ruleSetDigest: string;
  readonly isReady: boolean;
  /** Absent where exchanges are scored in line. */
  readonly handover?: HandoverReading;
  /** Absent but in a worker. */
  readonly worker?: WorkerReading;
}

/** Names of the metrics, one place; units in the names as Prometheus wants them. */
export const METRIC_NAMES = {
  exchanges: 'telltale_exchanges_total',
  exchangeDuration: 'telltale_exchange_duration_seconds',
  firstByte: 'telltale_first_byte_seconds',
  findings: 'telltale_findings_total',
  scanned: 'telltale_scanned_segments_total',
  unscanned: 'telltale_unscanned_segments_total',
  promisedRate: 'telltale_rule_promised_rate_ratio',
  liveRate: 'telltale_rule_live_rate_ratio',
  liveRateInterval: 'telltale_rule_live_rate_interval_ratio',
  liveSegments: 'telltale_rule_live_segments',
  ruleDrift: 'telltale_rule_drift',
  driftAlerts: 'telltale_drift_alerts_total',
  driftTextsForgotten: 'telltale_drift_texts_forgotten_total',
  policyUses: 'telltale_policy_uses_total',
  errors: 'telltale_errors_total',
  ruleReloads: 'telltale_rule_reloads_total',
  rulesReloadFailed: 'telltale_rules_reload_failed',
  heldBack: 'telltale_alerts_held_back_total',
  evictedGroups: 'telltale_event_groups_evicted_total',
  ignoredHeaders: 'telltale_identity_headers_ignored_total',
  unrecorded: 'telltale_unrecorded_exchanges_total',
  inFlight: 'telltale_in_flight_exchanges',
  detectorQueued: 'telltale_detector_queued_blocks',
  detectorTokens: 'telltale_detector_tokens_total',
  detectorBatches: 'telltale_detector_batches_total',
  detectorWindows: 'telltale_detector_open_windows',
  detectorWorkersReplaced: 'telltale_detector_workers_replaced_total',
  detectorRejected: 'telltale_detector_rejected_total',
  detectorRecalled: 'telltale_detector_recalled_tokens_total',
  scoreCacheLookups: 'telltale_detector_score_cache_lookups_total',
  scoreCacheGivenUp: 'telltale_detector_score_cache_given_up_total',
  scoreCacheBytes: 'telltale_detector_score_cache_bytes',
  outboxPending: 'telltale_outbox_pending_alerts',
  outboxOldest: 'telltale_outbox_oldest_alert_seconds',
  outboxAttempts: 'telltale_outbox_delivery_attempts_total',
  outboxDead: 'telltale_outbox_dead_alerts',
  outboxDelivered: 'telltale_outbox_delivered_alerts_total',
  outboxRetried: 'telltale_outbox_retried_alerts_total',
  outboxHeld: 'telltale_outbox_held_alerts_total',
  eventLoopDelay: 'telltale_event_loop_delay_seconds',
  memory: 'telltale_memory_bytes',
  storeRows: 'telltale_store_waiting_rows',
  storeBytes: 'telltale_store_bytes',
  storeAboveMark: 'telltale_store_above_water_mark',
  storeSampled: 'telltale_store_sampled_exchanges_total',
  storeExpired: 'telltale_store_expired_exchanges_total',
  storeBuried: 'telltale_store_buried_exchanges_total',
  storeRefused: 'telltale_store_refused_exchanges_total',
  storeFailures: 'telltale_store_task_failures_total',
  replayBytes: 'telltale_replay_bytes',
  replayKept: 'telltale_replay_kept_exchanges_total',
  replayDropped: 'telltale_replay_dropped_exchanges_total',
  replayRemoved: 'telltale_replay_removed_exchanges_total',
  replayFailures: 'telltale_replay_sweep_failures_total',
  dropped: 'telltale_telemetry_dropped_total',
  scoringWaiting: 'telltale_scoring_waiting_exchanges',
  scoringOldest: 'telltale_scoring_oldest_exchange_seconds',
  scoringPublished: 'telltale_scoring_published_exchanges_total',
  scoringRetried: 'telltale_scoring_retried_exchanges_total',
  scoringDead: 'telltale_scoring_dead_exchanges',
  workerExchanges: 'telltale_worker_exchanges_total',
  workerDelay: 'telltale_worker_delay_seconds',
  workerLag: 'telltale_worker_lag_messages',
  workerJoined: 'telltale_worker_joined',
  workerPartitions: 'telltale_worker_partitions',
  workerJoins: 'telltale_worker_joins_total',
  rulesActive: 'telltale_rules_active',
  ruleSet: 'telltale_rule_set_info',
  ready: 'telltale_ready',
} as const;

/** Traces and metrics of the gateway. */
export interface Telemetry {
  startExchange(start: ExchangeStart): ExchangeSpan;
  /** One segment, or one part of a body, that was not scanned. */
  recordUnscanned(reason: UnscannedReason): void;
  /** Segments that were scanned. */
  recordScanned(count: number): void;
  recordPolicyUse(use: PolicyUse): void;
  /** Counted once per exchange by `ExchangeSpan.end`; this one is for errors outside of an exchange. */
  recordError(error: ExchangeError): void;
  /** The store refused an exchange's record. */
  recordUnrecorded(): void;
  /** A finding of no exchange that is under observation: what a correlation found because time has passed, or what a
   *  worker found. */
  recordFinding(finding: Finding): void;
  recordRuleReload(outcome: 'loaded' | 'refused'): void;
  /** Findings that became no alert, since their rule groups alerts. */
  recordHeldBack(rule: string, count: number): void;
  /** Groups of correlations or alerts that were given up for newer ones. */
  recordEvictedGroups(count: number): void;
  /** Somebody who is not trusted said whose a request is. */
  recordIgnoredHeader(header: 'caller' | 'tenant'): void;
  /** A threshold whose live rate is not the promised one, and what became of the alert; `held_back`: one was raised
   *  within the window. */
  recordDriftAlert(
    direction: 'above' | 'below',
    outcome: 'raised' | 'held_back' | 'sampled' | 'unrecorded',
  ): void;
  /** An exchange that came to a worker.
   *  @param delayMs - from its end at the gateway until what was found was on disk */
  recordWork(outcome: WorkOutcome, delayMs: number): void;
  /** Read whenever metrics are collected. */
  observeGauges(read: () => GaugeReading): void;
  /** All metrics in Prometheus' text format, or in OpenMetrics' with exemplars. */
  metricsText(format?: 'prometheus' | 'openmetrics'): Promise<string>;
  /** Sends what is pending, within the deadline. */
  close(): Promise<void>;
}
