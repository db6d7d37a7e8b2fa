import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startAnswering } from '../gateway/start-answering.ts';
import { ask } from '../gateway/test-upstream.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../services/otlp-receiver.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = {
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  tracestate: 'a=b',
  baggage: 'user=kim',
};

interface Told {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

async function startReceiver(context: TestContext): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  return receiver;
}

/** What the upstream hears of the trace under these settings. Baggage it never does. */
async function told(context: TestContext, telemetry: object): Promise<Told> {
  const { gateway, upstream } = await startAnswering(context, { config: { telemetry } });
  const headers = { 'content-type': 'application/json', ...CALLER };
  await (await gateway.post(ask('hello'), { headers })).text();
  const raw = upstream.arrived[0]?.rawHeaders ?? [];
  const of = (wanted: string) => {
    const at = raw.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted);
    return at === -1 ? undefined : raw[at + 1];
  };
  assert.equal(of('baggage'), undefined);
  return { traceparent: of('traceparent'), tracestate: of('tracestate') };
}

test('an upstream is told nothing of the trace unless it is configured, the caller’s own context included', async (context) => {
  const nothing = { traceparent: undefined, tracestate: undefined };
  const { endpoint } = await startReceiver(context);
  assert.deepEqual(await told(context, {}), nothing);
  const trusted = { otlp_endpoint: endpoint, trust_trace_context: true };
  assert.deepEqual(await told(context, trusted), nothing);
});

test('where it is, it is told of the span that stands for its work, in the trace of a caller that is trusted', async (context) => {
  const { endpoint, spans } = await startReceiver(context);
  const telemetry = { otlp_endpoint: endpoint, trust_trace_context: true, send_trace_context: true };
  const { traceparent, tracestate } = await told(context, telemetry);
  const upstream = await spans.waitFor(({ name }) => name === 'upstream');
  assert.equal(traceparent, `00-${TRACE}-${upstream.spanId}-01`);
  assert.equal(tracestate, 'a=b');
});

test('of a caller that is not trusted nothing goes on, and an upstream samples as an exchange that is not flagged is', async (context) => {
  const { endpoint } = await startReceiver(context);
  const telemetry = { otlp_endpoint: endpoint, send_trace_context: true, sample_ratio: 0 };
  const { traceparent, tracestate } = await told(context, telemetry);
  assert.match(traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.ok(!traceparent?.includes(TRACE));
  assert.equal(tracestate, undefined);
});

test('where nothing is traced the caller’s context goes on as it came', async (context) => {
  const { traceparent, tracestate } = CALLER;
  assert.deepEqual(await told(context, { send_trace_context: true }), { traceparent, tracestate });
});
