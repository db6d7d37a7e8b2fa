/** The face of the alerts: findings to disk, and from there to the world. */

export { alertId, alertsOf, isAlerting } from './alert.ts';
export { AlertsError, type AlertsErrorCode } from './alerts-error.ts';
export { EVENT_TYPE } from './cloud-event.ts';
export { type DetectionFinding, detectionFindingSchema } from './event.ts';
export { excerptOf, redact } from './excerpt.ts';
export { createLedger, type LedgerOptions } from './ledger.ts';
export { LEVELS, levelRank } from './levels.ts';
export { createRelay, type LaneStats, type Relay, type RelayParts } from './relay.ts';
export { createFileSink, type FileSinkOptions } from './sinks/file.ts';
export { createKafkaSink, type KafkaSinkOptions } from './sinks/kafka.ts';
export { toEvent } from './to-event.ts';
export type * from './types.ts';
