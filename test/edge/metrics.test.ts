import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTelemetry } from '../../gateway/telemetry/index.ts';
import { startOtlpReceiver } from '../services/otlp-receiver.ts';
import { GAUGES, reportExchange } from './telemetry-samples.ts';

const open = () => createTelemetry({ version: '1', otlpEndpoint: undefined });

/** The value of one line of Prometheus' text format, labels in any order; undefined where there is none. */
function sample(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) continue;
    const hasAll = Object.entries(labels).every(([key, value]) => match[2]?.includes(`${key}="${value}"`));
    if (hasAll) return Number(match[3]);
  }
  return undefined;
}

test('every report of the gateway is a metric with its labels', async () => {
  const telemetry = open();
  telemetry.observeGauges(() => GAUGES);
  reportExchange(telemetry);
  reportExchange(telemetry, {}, { verdict: 'pass', status: 502, error: 'upstream_cut', firstByteMs: null });
  telemetry.recordUnscanned('image');
  telemetry.recordPolicyUse({ policy: 'on_unscannable', decision: 'pass' });
  telemetry.recordError('overloaded');
  telemetry.recordUnrecorded();
  telemetry.recordIgnoredHeader('caller');
  telemetry.recordRuleReload('loaded');
  telemetry.recordRuleReload('refused');
  telemetry.recordDriftAlert('below', 'held_back');
  telemetry.recordWork('scored', 1_500);
  telemetry.recordWork('duplicate', 0);
  const text = await telemetry.metricsText();
  await telemetry.close();

  const route = '/v1/chat/completions';
  const expected: [string, Record<string, string>, number][] = [
    ['telltale_exchanges_total', { dialect: 'openai-chat', route, verdict: 'flag', status: '200' }, 1],
    ['telltale_exchanges_total', { dialect: 'openai-chat', route, verdict: 'pass', status: '502' }, 1],
    ['telltale_findings_total', { rule: 'deception-expressed', mode: 'flag', level: 'high' }, 2],
    ['telltale_first_byte_seconds_count', { dialect: 'openai-chat' }, 1],
    ['telltale_first_byte_seconds_bucket', { dialect: 'openai-chat', le: '0.01' }, 0],
    ['telltale_first_byte_seconds_bucket', { dialect: 'openai-chat', le: '0.025' }, 1],
    ['telltale_exchange_duration_seconds_count', { dialect: 'openai-chat' }, 2],
    ['telltale_errors_total', { error: 'upstream_cut' }, 1],
    ['telltale_errors_total', { error: 'overloaded' }, 1],
    ['telltale_unscanned_segments_total', { reason: 'image' }, 1],
    ['telltale_policy_uses_total', { policy: 'on_unscannable', decision: 'pass' }, 1],
    ['telltale_unrecorded_exchanges_total', {}, 1],
    ['telltale_identity_headers_ignored_total', { header: 'caller' }, 1],
    ['telltale_rule_reloads_total', { outcome: 'refused' }, 1],
    ['telltale_in_flight_exchanges', {}, 2],
    ['telltale_in_flight_limit', {}, 3],
    ['telltale_detector_queued_blocks', {}, 7],
    ['telltale_detector_tokens_total', {}, 1234],
    ['telltale_detector_rejected_total', { reason: 'timeout' }, 4],
    ['telltale_detector_recalled_tokens_total', {}, 4321],
    ['telltale_detector_score_cache_lookups_total', { kind: 'texts', outcome: 'hit' }, 21],
    ['telltale_detector_score_cache_lookups_total', { kind: 'windows', outcome: 'miss' }, 32],
    ['telltale_detector_score_cache_given_up_total', { kind: 'views', reason: 'evicted' }, 43],
    ['telltale_detector_score_cache_given_up_total', { kind: 'texts', reason: 'too_large' }, 24],
    ['telltale_detector_score_cache_bytes', { kind: 'texts' }, 2_600],
    ['telltale_outbox_pending_alerts', {}, 6],
    ['telltale_outbox_oldest_alert_seconds', {}, 61.5],
    ['telltale_outbox_delivery_attempts_total', {}, 17],
    ['telltale_outbox_dead_alerts', { sink: 'kafka' }, 1],
    ['telltale_outbox_delivered_alerts_total', { sink: 'kafka' }, 40],
    ['telltale_outbox_retried_alerts_total', { sink: 'kafka' }, 3],
    ['telltale_outbox_held_alerts_total', { sink: 'kafka', reason: 'silence' }, 2],
    ['telltale_store_waiting_rows', {}, 6],
    ['telltale_store_bytes', {}, 131_072],
    ['telltale_store_above_water_mark', {}, 1],
    ['telltale_store_sampled_exchanges_total', { level: 'low' }, 5],
    ['telltale_store_sampled_exchanges_total', { level: 'none' }, 11],
    ['telltale_store_expired_exchanges_total', { level: 'none' }, 3],
    ['telltale_store_crowded_out_exchanges_total', {}, 5],
    ['telltale_store_buried_exchanges_total', {}, 2],
    ['telltale_store_refused_exchanges_total', { reason: 'disk_full' }, 9],
    ['telltale_store_task_failures_total', { task: 'retention' }, 4],
    ['telltale_store_task_failures_total', { task: 'news' }, 0],
    ['telltale_store_task_failures_total', { task: 'relay' }, 2],
    ['telltale_rule_promised_rate_ratio', { rule: 'quiet', condition: 'main' }, 0.01],
    ['telltale_rule_live_rate_ratio', { rule: 'deception-expressed', condition: 'main' }, 0.02],
    ['telltale_rule_live_rate_interval_ratio', { rule: 'deception-expressed', bound: 'lower' }, 0.0148],
    ['telltale_rule_live_rate_interval_ratio', { rule: 'deception-expressed', bound: 'upper' }, 0.0271],
    ['telltale_rule_live_segments', { rule: 'quiet', condition: 'main' }, 0],
    ['telltale_rule_drift', { rule: 'deception-expressed', direction: 'above' }, 1],
    ['telltale_rule_drift', { rule: 'deception-expressed', direction: 'below' }, 0],
    ['telltale_drift_alerts_total', { direction: 'below', outcome: 'held_back' }, 1],
    ['telltale_drift_texts_forgotten_total', {}, 12],
    ['telltale_replay_bytes', {}, 6_500],
    ['telltale_replay_kept_exchanges_total', {}, 61],
    ['telltale_replay_dropped_exchanges_total', { reason: 'queue_full' }, 62],
    ['telltale_replay_removed_exchanges_total', { why: 'room' }, 63],
    ['telltale_replay_removed_exchanges_total', { why: 'left_store' }, 64],
    ['telltale_replay_sweep_failures_total', {}, 66],
    ['telltale_scoring_waiting_exchanges', {}, 12],
    ['telltale_scoring_oldest_exchange_seconds', {}, 2.5],
    ['telltale_scoring_published_exchanges_total', {}, 90],
    ['telltale_scoring_retried_exchanges_total', {}, 4],
    ['telltale_scoring_dead_exchanges', {}, 1],
    ['telltale_worker_exchanges_total', { outcome: 'duplicate' }, 1],
    ['telltale_worker_delay_seconds_count', {}, 1],
    ['telltale_worker_delay_seconds_bucket', { le: '1' }, 0],
    ['telltale_worker_delay_seconds_bucket', { le: '2.5' }, 1],
    ['telltale_worker_lag_messages', { partition: '3' }, 41],
    ['telltale_worker_joined', {}, 1],
    ['telltale_worker_partitions', {}, 2],
    ['telltale_worker_joins_total', {}, 2],
    ['telltale_rules_active', {}, 8],
    ['telltale_rule_set_info', { digest: 'd1e5' }, 1],
    ['telltale_ready', {}, 1],
  ];
  for (const [name, labels, value] of expected) {
    assert.equal(sample(text, name, labels), value, `${name} ${JSON.stringify(labels)}`);
  }
  assert.equal(sample(text, 'telltale_rule_live_rate_ratio', { rule: 'quiet' }), undefined, 'of nothing');
  assert.ok((sample(text, 'telltale_memory_bytes', { kind: 'rss' }) ?? 0) > 1_000_000);
  assert.ok((sample(text, 'telltale_event_loop_delay_seconds', { percentile: '99' }) ?? -1) >= 0);
  assert.ok(text.endsWith('\n'));
});

test('routes that callers invent do not grow the metrics without end', async () => {
  const telemetry = open();
  for (let index = 0; index < 500; index++) {
    reportExchange(telemetry, { route: `/made/up/${index}` }, { status: 200 + index });
  }
  const text = await telemetry.metricsText();
  await telemetry.close();
  const series = text.split('\n').filter((line) => line.startsWith('telltale_exchanges_total{'));
  assert.ok(series.length <= 130, `${series.length} series`);
  assert.ok((sample(text, 'telltale_exchanges_total', { route: 'other', status: 'other' }) ?? 0) > 300);
});

test('metrics are exported to the endpoint that traces go to', async () => {
  const receiver = await startOtlpReceiver();
  const telemetry = createTelemetry({ version: '1', otlpEndpoint: receiver.endpoint, metricIntervalMs: 20 });
  reportExchange(telemetry);
  const point = await receiver.points.waitFor(({ metric }) => metric === 'telltale_findings_total');
  assert.equal(point.value, 1);
  assert.deepEqual(point.attributes, { rule: 'deception-expressed', mode: 'flag', level: 'high' });
  await telemetry.close();
  assert.deepEqual(receiver.refusals, []);
  await receiver.close();
});

test('a refused reload of the rules is told for as long as the files are broken', async () => {
  const telemetry = open();
  const failed = async () => sample(await telemetry.metricsText(), 'telltale_rules_reload_failed');
  const told = [await failed()];
  for (const outcome of ['refused', 'refused', 'loaded'] as const) {
    telemetry.recordRuleReload(outcome);
    told.push(await failed());
  }
  await telemetry.close();
  assert.deepEqual(told, [0, 1, 1, 0]);
});

test('what an alert asks the increase of is there at 0 before its first event', async () => {
  const telemetry = open();
  const text = await telemetry.metricsText();
  await telemetry.close();
  const expected: [string, Record<string, string>][] = [
    ['telltale_unrecorded_exchanges_total', {}],
    ['telltale_event_groups_evicted_total', {}],
    ['telltale_event_words_forgotten_total', {}],
    ['telltale_rule_reloads_total', { outcome: 'refused' }],
    ['telltale_drift_alerts_total', { direction: 'above', outcome: 'raised' }],
  ];
  for (const [name, labels] of expected) assert.equal(sample(text, name, labels), 0, name);
});
