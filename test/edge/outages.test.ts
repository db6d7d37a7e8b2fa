import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createLogger, createTelemetry, logOutages } from '../../gateway/telemetry/index.ts';
import { until } from '../gateway/until.ts';
import { reportExchange } from './telemetry-samples.ts';

test('exports that fail are logged once an outage, and once when they work again', async (context) => {
  let status = 503;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    // A status that is not retried by the exporter itself comes back at once.
    response.writeHead(status === 200 ? 200 : 400).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  const lines: { event: string; signal: string; failures?: number; level: string }[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const telemetry = createTelemetry({
    version: '1',
    otlpEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spanDelayMs: 5,
    metricIntervalMs: 60_000,
    outages: logOutages(createLogger('info', stream)),
  });
  for (let failures = 0; failures < 4; failures += 1) {
    const before = requests;
    reportExchange(telemetry);
    await until(() => requests > before);
  }
  status = 200;
  await until(async () => {
    reportExchange(telemetry);
    return lines.length > 1;
  });
  const first = lines.map(({ level, event, signal }) => [level, event, signal]);
  assert.deepEqual(first.slice(0, 2), [
    ['warn', 'telemetry is not exported', 'traces'],
    ['info', 'telemetry is exported again', 'traces'],
  ]);
  assert.ok((lines[1]?.failures ?? 0) >= 3, `${lines[1]?.failures} failures`);
  await telemetry.close();
});
