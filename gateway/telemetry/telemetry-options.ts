import type { Config } from '../config/schema.ts';
import { logOutages } from './log-outages.ts';
import type { Logger } from './logger.ts';
import type { TelemetryOptions } from './telemetry.ts';

/** What the configuration says of telemetry. */
export function telemetryOptions(
  { telemetry }: Pick<Config, 'telemetry'>,
  version: string,
  log: Logger,
): TelemetryOptions {
  return {
    version,
    otlpEndpoint: telemetry.otlp_endpoint ?? undefined,
    trustTraceContext: telemetry.trust_trace_context,
    sampleRatio: telemetry.sample_ratio,
    outages: logOutages(log),
  };
}
