import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createMetricsHandler } from '../../gateway/metrics-handler.ts';
import { createTelemetry, type Telemetry } from '../../gateway/telemetry/index.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../services/otlp-receiver.ts';
import { GAUGES, reportExchange } from './telemetry-samples.ts';

let receiver: OtlpReceiver;
let telemetry: Telemetry;
before(async () => {
  receiver = await startOtlpReceiver();
  telemetry = createTelemetry({ version: '1', otlpEndpoint: receiver.endpoint, sampleRatio: 0 });
  telemetry.observeGauges(() => GAUGES);
});
after(async () => {
  await telemetry?.close();
  await receiver?.close();
});

const FIRST_BYTE =
  /^telltale_first_byte_seconds_bucket\{[^}]*le="0\.025"[^}]*\} \d+ # \{trace_id="(\w+)"\} 0\.0125 \d+\.\d{3}$/m;

test('OpenMetrics leads from a bucket to the latest kept trace in it; plain text carries no exemplar', async () => {
  const traceId = reportExchange(telemetry);
  reportExchange(telemetry, {}, { verdict: 'pass' });
  const text = await telemetry.metricsText('openmetrics');
  assert.equal(FIRST_BYTE.exec(text)?.[1], traceId, 'not that of the exchange that was not sampled');
  assert.ok(!(await telemetry.metricsText()).includes('# {'));
});

test('OpenMetrics names the families of counters without _total, has no other comments, and ends', async () => {
  const text = await telemetry.metricsText('openmetrics');
  assert.ok(text.endsWith('\n# EOF\n'));
  const types = new Map(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name ?? '', type ?? '']),
  );
  assert.equal(types.get('telltale_exchanges'), 'counter');
  for (const line of text.split('\n').slice(0, -2)) {
    if (line.startsWith('#')) {
      assert.match(line, /^# (HELP|TYPE) /);
      continue;
    }
    const name = /^\w+/.exec(line)?.[0] ?? '';
    const family = [name, name.replace(/_(total|bucket|sum|count|info)$/, '')].find((one) => types.has(one));
    assert.ok(family !== undefined, `${name} has no type`);
    assert.ok(types.get(family) !== 'counter' || name.endsWith('_total'), name);
  }
});

test('the endpoint gives OpenMetrics to who asks for it', async (context) => {
  const server = createServer(createMetricsHandler(telemetry));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const typeFor = async (accept: string) =>
    (await fetch(url, { headers: { accept } })).headers.get('content-type');
  assert.match(
    (await typeFor('application/openmetrics-text;version=1.0.0,text/plain;q=0.5')) ?? '',
    /openmetrics/,
  );
  assert.match((await typeFor('*/*')) ?? '', /^text\/plain; version=0\.0\.4/);
});
