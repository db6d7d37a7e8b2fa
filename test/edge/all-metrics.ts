import { createTelemetry, type Telemetry } from '../../gateway/telemetry/index.ts';
import { FINDING, GAUGES, reportExchange } from './telemetry-samples.ts';

/** Every metric that the gateway has, once each, in Prometheus' text format. */
export async function allMetrics(): Promise<string> {
  const telemetry = createTelemetry({ version: '1', otlpEndpoint: undefined });
  reportAll(telemetry);
  const text = await telemetry.metricsText();
  await telemetry.close();
  return text;
}

/** Tells of something for each metric. */
export function reportAll(telemetry: Telemetry): void {
  telemetry.observeGauges(() => GAUGES);
  reportExchange(telemetry, {}, { error: 'upstream_cut' });
  telemetry.recordScanned(3);
  telemetry.recordUnscanned('image');
  telemetry.recordPolicyUse({ policy: 'on_unscannable', decision: 'pass' });
  telemetry.recordUnrecorded();
  telemetry.recordRuleReload('loaded');
  telemetry.recordHeldBack(FINDING.ruleName, 1);
  telemetry.recordEvictedGroups(1);
  telemetry.recordForgottenWords(1);
  telemetry.recordIgnoredHeader('tenant');
  telemetry.recordDriftAlert('above', 'raised');
  telemetry.recordWork('scored', 10);
}
