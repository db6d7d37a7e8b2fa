import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { rule, ruleFile, startGateway } from '../gateway/start-gateway.ts';
import { ask } from '../gateway/test-upstream.ts';
import { startOtlpReceiver } from '../services/otlp-receiver.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const QUESTION = 'they deceive us, report the test results';

test('an exchange through a running gateway arrives as a trace, and its text does not', async (context) => {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  const telemetry = { otlp_endpoint: receiver.endpoint, trust_trace_context: true };
  const rules = { 'a.yaml': ruleFile([rule({ target: 'input' })]) };
  const gateway = await startGateway(context, { rules, config: { telemetry } });
  const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
  const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-planted', traceparent };
  const response = await gateway.post(ask(QUESTION, { stream: true }), { headers });
  const answer = await response.text();
  assert.equal(response.status, 200);
  const root = await receiver.spans.waitFor(({ kind, traceId }) => kind === 2 && traceId === TRACE);
  assert.equal(root.attributes['telltale.exchange.id'], response.headers.get('x-telltale-exchange-id'));
  assert.equal(root.attributes['telltale.verdict'], 'flag');
  assert.equal(root.attributes['gen_ai.response.model'], 'telltale-demo');
  assert.deepEqual(root.attributes['gen_ai.response.finish_reasons'], ['stop']);
  assert.ok(root.events.some(({ name }) => name === 'gen_ai.evaluation.result'));
  const upstream = await receiver.spans.waitFor(({ name }) => name === 'upstream');
  assert.equal(upstream.parentSpanId, root.spanId);
  const sent = JSON.stringify(receiver.spans.all, (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  const content = /"content":"(\p{L}{4,})/u.exec(answer)?.[1] ?? '';
  assert.notEqual(content, '');
  for (const secret of [QUESTION, content, 'sk-planted']) assert.ok(!sent.includes(secret), secret);
  const metrics = await gateway.metrics();
  assert.match(metrics, /telltale_exchanges_total\{[^}]*verdict="flag",status="200"\} 1/);
  assert.match(metrics, /telltale_findings_total\{[^}]*\} 1/);
});

test('what scoring took is told by side, the time that was added and the first byte of an answer in one piece are measured', async (context) => {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  // One that may act on the answer, so that nothing of it leaves before the record.
  const acting = rule({ name: 'acts', mode: 'enforce', target: 'output' });
  const rules = { 'a.yaml': ruleFile([rule({ target: 'input' }), acting]) };
  const telemetry = { otlp_endpoint: receiver.endpoint };
  const gateway = await startGateway(context, { rules, config: { telemetry } });
  await (await gateway.post(ask(QUESTION))).text();
  const [request, response, judged] = await Promise.all(
    ['score request', 'score response', 'rules'].map((wanted) =>
      receiver.spans.waitFor(({ name }) => name === wanted),
    ),
  );
  assert.equal(request?.attributes['telltale.tokens.scored'], QUESTION.split(' ').length);
  assert.ok(Number(response?.attributes['telltale.tokens.scored']) > 0);
  assert.equal(judged?.attributes['telltale.rules.findings'], 1);
  assert.ok(Number(judged?.attributes['telltale.rules.time']) > 0);
  const metrics = await gateway.metrics();
  assert.match(metrics, /telltale_first_byte_seconds_count\{[^}]*dialect="openai-chat"[^}]*\} 1/);
  assert.match(metrics, /telltale_added_latency_seconds_count\{[^}]*dialect="openai-chat"[^}]*\} 1/);
  const sum = /telltale_added_latency_seconds_sum\{[^}]*\} (\S+)/.exec(metrics)?.[1];
  assert.ok(Number(sum) > 0, 'something is added');
});

test('a log line about an exchange names its trace, and holds none of its text', async (context) => {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  const lines: string[] = [];
  const gateway = await startGateway(context, {
    config: { telemetry: { otlp_endpoint: receiver.endpoint } },
    log: createLogger('warn', { write: (line) => void lines.push(line) }),
  });
  await gateway.ledger.close();
  const response = await gateway.post(ask(QUESTION));
  await response.text();
  const id = response.headers.get('x-telltale-exchange-id');
  const span = await receiver.spans.waitFor(({ attributes }) => attributes['telltale.exchange.id'] === id);
  const line = lines.find((one) => one.includes('exchange not recorded')) ?? assert.fail('it is told');
  const { exchangeId, traceId, reason } = JSON.parse(line);
  assert.deepEqual([exchangeId, traceId, reason], [id, span.traceId, 'closed']);
  assert.ok(!lines.some((one) => one.includes(QUESTION)));
});

const apis: readonly [path: string, body: object, operation: string, provider: string][] = [
  ['/v1/chat/completions', ask('hello'), 'chat', 'openai'],
  ['/v1/responses', { model: 'm', input: 'hello' }, 'chat', 'openai'],
  [
    '/v1/messages',
    { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] },
    'chat',
    'anthropic',
  ],
  [
    '/v1beta/models/m:generateContent',
    { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
    'generate_content',
    'gcp.gemini',
  ],
  [
    '/v1/projects/p/locations/l/publishers/google/models/m:generateContent',
    { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
    'generate_content',
    'gcp.vertex_ai',
  ],
  ['/v1beta/models/m:embedContent', { content: { parts: [{ text: 'hello' }] } }, 'embeddings', 'gcp.gemini'],
];

test('every API is named in the words of GenAI traces', async (context) => {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  const gateway = await startGateway(context, {
    config: { telemetry: { otlp_endpoint: receiver.endpoint } },
  });
  for (const [path, body, operation, provider] of apis) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await response.text();
    const id = response.headers.get('x-telltale-exchange-id');
    const span = await receiver.spans.waitFor(({ attributes }) => attributes['telltale.exchange.id'] === id);
    assert.equal(span.attributes['gen_ai.operation.name'], operation, path);
    assert.equal(span.attributes['gen_ai.provider.name'], provider, path);
  }
});
