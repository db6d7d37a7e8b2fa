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
