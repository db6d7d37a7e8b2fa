import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts';

let receiver: OtlpReceiver;

before(async () => {
  receiver = await startOtlpReceiver();
});
after(() => receiver?.close());

const resource = resourceFromAttributes({ 'service.name': 'sender' });

test('spans of the OpenTelemetry SDK arrive with parent, attributes, events, status and resource', async () => {
  const exporter = new OTLPTraceExporter({ url: `${receiver.endpoint}/v1/traces` });
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('scope-name', '1.2.3');
  const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER });
  const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent));
  child.setAttributes({ text: 'héllo', whole: 7, part: 0.25, yes: true, empty: '', list: ['a', 'b'] });
  child.addEvent('gen_ai.evaluation.result', { 'gen_ai.evaluation.score.value': 0.5 });
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  child.end();
  parent.end();
  await provider.shutdown();

  const arrived = await receiver.spans.waitFor((span) => span.name === 'child');
  const above = await receiver.spans.waitFor((span) => span.name === 'parent');
  assert.equal(arrived.traceId, parent.spanContext().traceId);
  assert.equal(arrived.parentSpanId, above.spanId);
  assert.equal(above.parentSpanId, '');
  assert.equal(above.kind, 2);
  const expected = { text: 'héllo', whole: 7, part: 0.25, yes: true, empty: '', list: ['a', 'b'] };
  assert.deepEqual(arrived.attributes, expected);
  assert.equal(arrived.events[0]?.name, 'gen_ai.evaluation.result');
  assert.deepEqual(arrived.events[0].attributes, { 'gen_ai.evaluation.score.value': 0.5 });
  assert.deepEqual(arrived.status, { code: 2, message: 'no' });
  assert.equal(arrived.scope, 'scope-name');
  assert.equal(arrived.resource['service.name'], 'sender');
  assert.ok(arrived.endNs >= arrived.startNs && arrived.startNs > 1_600_000_000_000_000_000n);
  assert.deepEqual(receiver.refusals, []);
});

test('counters and histograms of the OpenTelemetry SDK arrive with their attributes', async () => {
  const exporter = new OTLPMetricExporter({ url: `${receiver.endpoint}/v1/metrics` });
  const provider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter })],
  });
  const meter = provider.getMeter('meter');
  meter.createCounter('findings', { unit: '{finding}' }).add(3, { rule: 'deception' });
  meter.createHistogram('latency', { advice: { explicitBucketBoundaries: [1, 10] } }).record(4);
  await provider.shutdown();

  const counter = await receiver.points.waitFor((point) => point.metric === 'findings');
  assert.deepEqual([counter.kind, counter.value, counter.unit], ['sum', 3, '{finding}']);
  assert.deepEqual(counter.attributes, { rule: 'deception' });
  const histogram = await receiver.points.waitFor((point) => point.metric === 'latency');
  assert.deepEqual([histogram.count, histogram.sum, histogram.bucketCounts], [1, 4, [0, 1, 0]]);
  assert.deepEqual(histogram.bounds, [1, 10]);
});

test('the JSON encoding reads the same, compressed too', async () => {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'from json',
    attributes: [{ key: 'count', value: { intValue: '12' } }],
  };
  const body = gzipSync(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const response = await fetch(`${receiver.endpoint}/v1/traces`, { method: 'POST', headers, body });
  assert.equal(await response.text(), '{}');
  const arrived = await receiver.spans.waitFor(({ name }) => name === 'from json');
  assert.deepEqual([arrived.traceId, arrived.attributes], [span.traceId, { count: 12 }]);
});

test('a body that does not decode is refused and remembered; waiting for what never comes names what came', async () => {
  const headers = { 'content-type': 'application/x-protobuf' };
  const response = await fetch(`${receiver.endpoint}/v1/traces`, {
    method: 'POST',
    headers,
    body: 'nonsense',
  });
  assert.equal(response.status, 400);
  assert.match(receiver.refusals.at(-1) ?? '', /^POST \/v1\/traces: /);
  const waiting = receiver.spans.waitFor(({ name }) => name === 'never', 50);
  await assert.rejects(waiting, /no such spans after 50 ms; arrived: .*from json/);
});
