export { logOutages } from './log-outages.ts';
export { createLogger, type LogFields, type Logger, type LogLevel } from './logger.ts';
export { METRIC_NAMES } from './metric-names.ts';
export type { OutageListener } from './outage-watch.ts';
export * from './readings.ts';
export { SEMANTICS } from './semantics.ts';
export { createTelemetry, type TelemetryOptions } from './telemetry.ts';
export { telemetryOptions } from './telemetry-options.ts';
export * from './types.ts';
