import assert from 'node:assert/strict';
import { test } from 'node:test';
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
