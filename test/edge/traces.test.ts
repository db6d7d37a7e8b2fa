import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createTelemetry, type Telemetry } from '../../gateway/telemetry/index.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../services/otlp-receiver.ts';
import { END, FINDING, reportExchange, START } from './telemetry-samples.ts';

const CALLER_TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = { traceparent: `00-${CALLER_TRACE}-b7ad6b7169203331-01`, tracestate: 'a=b' };

let receiver: OtlpReceiver;
before(async () => {
  receiver = await startOtlpReceiver();
});
after(() => receiver?.close());

const start = (options: { trustTraceContext?: boolean } = {}): Telemetry =>
  createTelemetry({
    version: '1.2.3',
    otlpEndpoint: `${receiver.endpoint}/`,
    spanDelayMs: 5,
    closeTimeoutMs: 60_000,
    exportTimeoutMs: 60_000,
    ...options,
  });

/** Reports with a telemetry of its own and gives what arrived under the exchange's trace. */
async function traced(report: (telemetry: Telemetry) => string | null, options = {}) {
  const telemetry = start(options);
  const traceId = report(telemetry);
  await telemetry.close();
  const spans = receiver.spans.all.filter((span) => span.traceId === traceId);
  const root = spans.find((span) => span.kind === 2);
  assert.ok(root);
  return { root, children: spans.filter((span) => span !== root) };
}

test('an exchange arrives as one span in GenAI words, its findings as evaluation results, without content', async () => {
  const { root } = await traced((telemetry) => reportExchange(telemetry));
  assert.equal(root.name, 'chat telltale-demo');
  assert.deepEqual(root.attributes, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.conversation.id': 'conversation-7',
    'gen_ai.request.model': 'telltale-demo',
    'gen_ai.request.stream': true,
    'gen_ai.response.id': 'chatcmpl-1',
    'gen_ai.response.model': 'telltale-demo-2026',
    'gen_ai.response.finish_reasons': ['stop', 'length'],
    'gen_ai.response.time_to_first_chunk': 0.0125,
    'gen_ai.usage.input_tokens': 11,
    'gen_ai.usage.output_tokens': 42,
    'http.request.method': 'POST',
    'http.route': '/v1/chat/completions',
    'http.response.status_code': 200,
    'telltale.exchange.id': 'exchange-1',
    'telltale.tokens.scored': 53,
    'telltale.verdict': 'flag',
  });
  assert.equal(root.status.code, 0);
  const { 'service.instance.id': instance, ...resource } = root.resource;
  assert.deepEqual(resource, { 'service.name': 'telltale', 'service.version': '1.2.3' });
  assert.match(String(instance), /^[0-9a-f-]{36}$/);
  const result = root.events.find(({ name }) => name === 'gen_ai.evaluation.result');
  assert.deepEqual(result?.attributes, {
    'gen_ai.evaluation.name': 'deception-expressed',
    'gen_ai.evaluation.score.value': 5.5,
    'gen_ai.evaluation.score.label': 'flag',
    'gen_ai.evaluation.explanation': 'concept/deception over its threshold on tokens 4 to 9',
    'security_rule.name': 'deception-expressed',
    'security_rule.uuid': '11111111-2222-4333-8444-555555555555',
    'security_rule.version': '3',
    'telltale.finding.level': 'high',
    'telltale.finding.mode': 'flag',
    'telltale.finding.segment': 'response/choices/0',
    'telltale.finding.threshold': 4.25,
    'telltale.rule_set.digest': 'abc',
  });
});

test('the evaluation of a call says which tool is called', async () => {
  const { root } = await traced((telemetry) => {
    const span = telemetry.startExchange(START);
    span.finding({ ...FINDING, segment: { ...FINDING.segment, target: 'tool_call', tool: 'shell_exec' } });
    span.end(END);
    return span.traceId;
  });
  const result = root.events.find(({ name }) => name === 'gen_ai.evaluation.result');
  assert.equal(result?.attributes['gen_ai.tool.name'], 'shell_exec');
});

test('scoring, upstream, rules and commit are children of the exchange, with what they took', async () => {
  const { root, children } = await traced((telemetry) => reportExchange(telemetry));
  assert.deepEqual(children.map(({ name }) => name).sort(), [
    'commit',
    'rules',
    'score request',
    'score response',
    'upstream',
  ]);
  for (const child of children) {
    assert.equal(child.parentSpanId, root.spanId, child.name);
    assert.ok(child.startNs <= child.endNs, child.name);
  }
  const borders = children.flatMap(({ startNs, endNs }) => [startNs, endNs]);
  assert.ok(
    borders.some((ns) => ns % 1_000_000n !== 0n),
    'parts are timed finer than a millisecond',
  );
  const upstream = children.find(({ name }) => name === 'upstream');
  assert.equal(upstream?.kind, 3);
  assert.deepEqual(upstream?.attributes, { 'server.address': 'upstream.example', 'server.port': 8443 });
  const attributesOf = (wanted: string) => children.find(({ name }) => name === wanted)?.attributes;
  assert.deepEqual(attributesOf('score request'), {
    'telltale.tokens.scored': 11,
    'telltale.tokens.recalled': 4,
    'telltale.scoring.batch_wait': 0.0025,
  });
  assert.deepEqual(attributesOf('score response'), {
    'telltale.tokens.scored': 42,
    'telltale.tokens.recalled': 0,
    'telltale.scoring.batch_wait': 0.0015,
  });
  assert.deepEqual(attributesOf('rules'), {
    'telltale.rules.active': 8,
    'telltale.rules.findings': 1,
    'telltale.rules.time': 0.00025,
  });
});

test('only of a stream there is a first chunk', async () => {
  const { root } = await traced((telemetry) => {
    const span = telemetry.startExchange(START);
    span.detail({ conversationId: 'c', model: null, isStreamed: false });
    span.end(END);
    return span.traceId;
  });
  assert.equal(root.attributes['gen_ai.response.time_to_first_chunk'], undefined);
});

test('an upstream at an IPv6 address stands there without brackets', async () => {
  const { children } = await traced((telemetry) => {
    const span = telemetry.startExchange(START);
    span.upstream('[::1]:8443');
    span.event('upstream_started');
    span.end(END);
    return span.traceId;
  });
  assert.deepEqual(children[0]?.attributes, { 'server.address': '::1', 'server.port': 8443 });
});

test('an upstream that never ended is closed with the error of its exchange', async () => {
  const { root, children } = await traced((telemetry) => {
    const span = telemetry.startExchange(START);
    span.event('upstream_started');
    span.end({
      ...END,
      status: 502,
      verdict: 'pass',
      error: 'upstream_cut',
      responseModel: null,
    });
    return span.traceId;
  });
  for (const span of [root, children.find(({ name }) => name === 'upstream')]) {
    assert.equal(span?.attributes['error.type'], 'upstream_cut');
    assert.equal(span?.status.code, 2);
  }
  assert.equal(root.attributes['gen_ai.response.model'], undefined);
});

test('a caller that is not trusted is linked to, a trusted one is the parent', async () => {
  const apart = await traced((telemetry) => reportExchange(telemetry, CALLER));
  assert.notEqual(apart.root.traceId, CALLER_TRACE);
  assert.equal(apart.root.parentSpanId, '');
  const below = await traced((telemetry) => reportExchange(telemetry, CALLER), { trustTraceContext: true });
  assert.equal(below.root.traceId, CALLER_TRACE);
  assert.equal(below.root.parentSpanId, 'b7ad6b7169203331');
});

test('trace context that is not well formed begins a new trace', async () => {
  for (const traceparent of [
    '',
    'x',
    `ff-${CALLER_TRACE}-b7ad6b7169203331-01`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  ]) {
    const { root } = await traced((telemetry) => reportExchange(telemetry, { traceparent }), {
      trustTraceContext: true,
    });
    assert.equal(root.parentSpanId, '', traceparent);
  }
});

test('the environment names the service and adds to its resource', async (context) => {
  const added = {
    OTEL_SERVICE_NAME: 'monitor',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  };
  Object.assign(process.env, added);
  context.after(() => {
    for (const name of Object.keys(added)) delete process.env[name];
  });
  const { root } = await traced((telemetry) => reportExchange(telemetry));
  assert.equal(root.resource['service.name'], 'monitor');
  assert.equal(root.resource['deployment.environment.name'], 'test');
  assert.equal(root.resource['service.version'], '1.2.3');
});

test('the label of an evaluation is what became of it: of a rule that only flags no block', async () => {
  for (const [mode, label] of [
    ['enforce', 'block'],
    ['flag', 'flag'],
    ['shadow', 'shadow'],
  ] as const) {
    const { root } = await traced((telemetry) => {
      const span = telemetry.startExchange(START);
      span.finding({ ...FINDING, mode, action: 'block' });
      span.end(END);
      return span.traceId;
    });
    assert.equal(root.events[0]?.attributes['gen_ai.evaluation.score.label'], label);
  }
});

test('names that callers and upstreams choose are bounded in spans, however long they are', async () => {
  const long = 'm'.repeat(1_000_000);
  const { root } = await traced((telemetry) => {
    const span = telemetry.startExchange(START);
    span.detail({ conversationId: long, model: long, isStreamed: false });
    span.finding({ ...FINDING, segment: { ...FINDING.segment, target: 'tool_call', tool: long } });
    const finishReasons = Array.from({ length: 10_000 }, () => long);
    span.end({ ...END, responseId: long, responseModel: long, finishReasons });
    return span.traceId;
  });
  const texts = [root, ...root.events].flatMap(({ name, attributes }) => [
    name,
    ...Object.values(attributes),
  ]);
  const lengths = texts.flat().map((text) => (typeof text === 'string' ? text.length : 0));
  assert.ok(Math.max(...lengths) <= 600, String(Math.max(...lengths)));
  assert.ok(texts.every((value) => !Array.isArray(value) || value.length <= 64));
});

test('without an endpoint nothing is traced and metrics still count', async () => {
  const telemetry = createTelemetry({ version: '1', otlpEndpoint: undefined });
  assert.equal(reportExchange(telemetry), null);
  assert.match(await telemetry.metricsText(), /telltale_exchanges_total\{[^}]*\} 1/);
  await telemetry.close();
});

test('an exporter that hangs delays neither an exchange nor the stop', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const otlpEndpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const telemetry = createTelemetry({
    version: '1',
    otlpEndpoint,
    spanDelayMs: 1,
    exportTimeoutMs: 100,
    closeTimeoutMs: 50,
  });
  for (let index = 0; index < 10_000; index++) reportExchange(telemetry);
  const dropped = /otel_sdk_processor_span_processed_total\{[^}]*error_type="queue_full"[^}]*\} (\d+)/;
  assert.ok(Number(dropped.exec(await telemetry.metricsText())?.[1]) > 0);
  await telemetry.close();
  silent.closeAllConnections();
  silent.close();
});

test('512 findings of an exchange are events of its span; those beyond are counted, and no other event is lost', async () => {
  const telemetry = start();
  const span = telemetry.startExchange(START);
  span.event('upstream_first_byte');
  for (let i = 0; i < 515; i += 1) span.finding({ ...FINDING, ruleName: `rule-${i}` });
  span.event('client_gone');
  span.end(END);
  const metrics = await telemetry.metricsText();
  await telemetry.close();
  const root = receiver.spans.all.find(({ traceId, kind }) => traceId === span.traceId && kind === 2);
  const names =
    root?.events.map(({ name, attributes }) => attributes['gen_ai.evaluation.name'] ?? name) ?? [];
  assert.equal(names.length, 514);
  assert.deepEqual(
    [names[0], names[1], names[512], names[513]],
    ['upstream_first_byte', 'rule-0', 'rule-511', 'client_gone'],
  );
  assert.match(metrics, /telltale_telemetry_dropped_total\{what="findings"\} 3\n/);
});
