import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createMetricsHandler } from '../../gateway/metrics-handler.ts';
import { createTelemetry, METRIC_NAMES, type Telemetry } from '../../gateway/telemetry/index.ts';
import { until } from '../gateway/until.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../services/otlp-receiver.ts';
import { type Prometheus, startPrometheus } from '../services/prometheus.ts';
import { reportAll } from './all-metrics.ts';

let receiver: OtlpReceiver;
let telemetry: Telemetry;
let prometheus: Prometheus;
const accepted: string[] = [];

before(async () => {
  receiver = await startOtlpReceiver();
  telemetry = createTelemetry({ version: '1', otlpEndpoint: receiver.endpoint });
  reportAll(telemetry);
  const answer = createMetricsHandler(telemetry);
  const server = createServer((request, response) => {
    accepted.push(request.headers.accept ?? '');
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  server.unref();
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  prometheus = await startPrometheus({
    config: {
      global: { scrape_interval: '2s', scrape_timeout: '2s' },
      scrape_configs: [{ job_name: 'telltale', static_configs: [{ targets: [address] }] }],
    },
  });
});
after(async () => {
  await prometheus?.close();
  await telemetry?.close();
  await receiver?.close();
});

test('Prometheus reads all metrics of the gateway, in the format that it asks for', async () => {
  let missing: readonly string[] = ['all'];
  const isThere = async () => {
    missing = await missingIn(prometheus);
    return missing.length === 0;
  };
  await until(isThere).catch(async () => {
    const targets = await fetch(`${prometheus.url}/api/v1/targets`).then((response) => response.text());
    const [, reason = ''] = /"lastError":"([^}]*)","lastScrape"/.exec(targets) ?? [];
    assert.fail(`Prometheus says "${reason}" and has not ${missing.join(', ')}`);
  });
  assert.match(accepted[0] ?? '', /application\/openmetrics-text/);
});

async function missingIn({ query }: Prometheus): Promise<string[]> {
  const names = await query('count by (__name__) ({job="telltale"})', Date.now() / 1000);
  const present = new Set(names.map(({ metric }) => metric['__name__']));
  return Object.values(METRIC_NAMES).filter((name) => !present.has(name) && !present.has(`${name}_bucket`));
}
