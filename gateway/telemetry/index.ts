export { createLogger, type LogFields, type Logger, type LogLevel } from './logger.ts';
export { SEMANTICS } from './semantics.ts';
export { createTelemetry, type TelemetryOptions } from './telemetry.ts';
export * from './types.ts';
