/** The face of the alerts: findings to disk, and from there to the world. */

export { alertId, alertsOf, isAlerting, reviewPath } from './alert.ts';
export { AlertsError, type AlertsErrorCode } from './alerts-error.ts';
export { type CloudEvent, EVENT_TYPE, type EventOrigin, structuredEvent } from './cloud-event.ts';
export { SCORING_SINK, STORE_SINK } from './dead-record.ts';
export { type DetectionFinding, detectionFindingSchema } from './event.ts';
export { excerptOf, redact } from './excerpt.ts';
export type { Arrival } from './exchange-topic/assembler.ts';
export {
  createExchangeGroup,
  type ExchangeGroup,
  type ExchangeGroupOptions,
  type GroupStats,
  type PartitionLag,
} from './exchange-topic/exchange-group.ts';
export { createExchangeSink, type ExchangeTopic } from './exchange-topic/exchange-sink.ts';
export { eraseKept, type KeptCount, type KeptFile, openKeptFile } from './kept/kept-file.ts';
export { createKeptStore, KEPT_FILE, type KeptStore, type KeptStoreParts } from './kept/kept-store.ts';
export type { DroppedReason, KeptRange, KeptRow, KeptStats, ToKeep } from './kept/types.ts';
export type { LaneStats, SinkCounts } from './lane-stats.ts';
export { createLedger, type LedgerOptions } from './ledger.ts';
export { LEVELS, levelRank } from './levels.ts';
export { makeFolder } from './make-folder.ts';
export { createRelay, type Relay, type RelayParts } from './relay.ts';
export type { Grouping, GroupKey } from './routing/alert-groups.ts';
export { isMatch, type Matchers } from './routing/matchers.ts';
export type { RateLimit } from './routing/rate-limit.ts';
export { createRoutedSink, type Routing } from './routing/routed-sink.ts';
export { createSilenceKeeper, type SilenceKeeper } from './routing/silence-keeper.ts';
export { createSilenceBook, holds, type Silence, type SilenceBook } from './routing/silences.ts';
export { createFileSink, type FileSinkOptions } from './sinks/file.ts';
export { createKafkaSink, type KafkaSinkOptions } from './sinks/kafka.ts';
export type { KafkaCluster, KafkaSasl, KafkaTls } from './sinks/kafka-client.ts';
export type { KafkaCompression } from './sinks/kafka-compression.ts';
export type { Rotation } from './sinks/rotate.ts';
export { createStdoutSink, type StdoutSinkOptions } from './sinks/stdout.ts';
export { createWebhookSink, type WebhookSinkOptions } from './sinks/webhook.ts';
export { SEARCH_NEWEST } from './stored-rows.ts';
export { isAboutTelltale, type SystemAlert, systemRecord } from './system-alert.ts';
export type { KafkaLane } from './threaded-relay/thread-data.ts';
export { createThreadedRelay, type ThreadedRelayParts } from './threaded-relay/threaded-relay.ts';
export { toEvent } from './to-event.ts';
export type * from './types.ts';
export { besideUsualAuthorities } from './usual-authorities.ts';
