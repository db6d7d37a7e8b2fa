import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { SETTINGS } from '../../gateway/config/environment.ts';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { FOLDERS } from '../imports/violations.ts';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
/** Exchanges told to end, alerts, what is handed over, and telemetry. */
const LONGEST_AFTER_GRACE_MS = 10_000 + 5_000 + 5_000 + 2_000;

const KNOWN = new Set([...SETTINGS.flatMap(({ variables }) => variables), 'TELLTALE_CONFIG']);

test('image and compose file set only variables that the gateway reads, to values that it takes', async () => {
  const dockerfile = await read('deploy/Dockerfile');
  const image = [...dockerfile.matchAll(/^(?:ENV| {3}) +([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const { services } = parse(await read('deploy/compose.yaml'));
  const environment = { ...Object.fromEntries(image), ...services.gateway.environment };
  const { NODE_ENV, UPSTREAM_URL, ...own } = environment;
  assert.equal(NODE_ENV, 'production');
  assert.match(UPSTREAM_URL, /^\$\{UPSTREAM_URL:-\}$/);
  assert.ok(Object.keys(own).length >= 6);
  for (const name of Object.keys(own)) assert.ok(KNOWN.has(name), name);
  const config = loadConfig(own);
  assert.deepEqual(config.kafka.brokers, ['kafka:19092']);
  assert.equal(config.telemetry.otlp_endpoint, 'http://collector:4318');
  for (const host of [config.server.host, config.review.host, config.metrics.host])
    assert.equal(host, '0.0.0.0');
});

test('compose publishes the ports that the gateway listens on, on loopback only', async () => {
  const { services } = parse(await read('deploy/compose.yaml'));
  const { server, review, metrics } = loadConfig({});
  const ports = [server, review, metrics].map(({ port }) => `127.0.0.1:${port}:${port}`);
  assert.deepEqual(services.gateway.ports, ports);
  for (const service of Object.values<{ ports: string[] }>(services)) {
    for (const port of service.ports) assert.match(port, /^127\.0\.0\.1:/);
  }
  const exposed = /^EXPOSE (.*)$/m.exec(await read('deploy/Dockerfile'))?.[1];
  assert.equal(exposed, [server, review, metrics].map(({ port }) => port).join(' '));
});

test('compose mounts only files that are there, and Prometheus reads the gateway where it listens', async () => {
  const { services } = parse(await read('deploy/compose.yaml'));
  const mounts = Object.values<{ volumes?: string[] }>(services).flatMap(({ volumes = [] }) => volumes);
  const files = mounts.filter((mount) => mount.startsWith('./')).map((mount) => mount.split(':')[0] ?? '');
  assert.ok(files.length >= 6, `${files.length} files`);
  for (const file of files) await access(new URL(`../../deploy/${file}`, import.meta.url));
  const { scrape_configs: jobs, rule_files: rules } = parse(await read('deploy/prometheus/prometheus.yaml'));
  assert.deepEqual(jobs[0].static_configs[0].targets, [`gateway:${loadConfig({}).metrics.port}`]);
  for (const rule of rules)
    assert.ok(services.prometheus.volumes.some((mount: string) => mount.includes(`:${rule}:`)));
  const provider = parse(await read('deploy/grafana/provisioning/dashboards.yaml')).providers[0];
  assert.ok(services.grafana.volumes.some((mount: string) => mount.includes(`:${provider.options.path}:`)));
  const [source] = parse(await read('deploy/grafana/provisioning/datasources.yaml')).datasources;
  assert.equal(source.url, 'http://prometheus:9090');
});

test('the file that adds workers sets gateway and workers to the same place of scoring, and Prometheus reads them', async () => {
  const base = parse(await read('deploy/compose.yaml')).services;
  const { gateway, worker } = parse(await read('deploy/compose.workers.yaml')).services;
  const handing = loadConfig({ ...base.gateway.environment, UPSTREAM_URL: '', ...gateway.environment });
  const working = loadConfig(worker.environment);
  assert.equal(handing.scoring.where, 'kafka');
  assert.deepEqual(working.scoring, handing.scoring);
  assert.deepEqual(working.kafka.brokers, handing.kafka.brokers);
  assert.equal(working.store.database_url, handing.store.database_url);
  for (const name of Object.keys({ ...gateway.environment, ...worker.environment }))
    assert.ok(KNOWN.has(name), name);
  const { scrape_configs: jobs } = parse(await read('deploy/prometheus/prometheus.yaml'));
  const [{ names, port }] = jobs[1].dns_sd_configs;
  assert.deepEqual([names, port], [['worker'], working.metrics.port]);
});

test('compose waits for a stop as long as it may last', async () => {
  const { gateway } = parse(await read('deploy/compose.yaml')).services;
  const { worker } = parse(await read('deploy/compose.workers.yaml')).services;
  const { grace_ms: graceMs } = loadConfig({}).stop;
  for (const { stop_grace_period: period } of [gateway, worker]) {
    const [, seconds] = /^(\d+)s$/.exec(period) ?? [];
    assert.ok(Number(seconds) * 1_000 >= graceMs + LONGEST_AFTER_GRACE_MS, period);
  }
});

test('the collector listens where compose sends', async () => {
  const { receivers, service } = parse(await read('deploy/otel-collector.yaml'));
  assert.equal(receivers.otlp.protocols.http.endpoint, '0.0.0.0:4318');
  assert.deepEqual(Object.keys(service.pipelines), ['traces', 'metrics']);
});

test('the image takes in every folder of the program, the model and what the page is built with', async () => {
  const ignore = await read('deploy/Dockerfile.dockerignore');
  for (const path of [...FOLDERS, 'models', 'package.json', 'package-lock.json', 'tsconfig.json', '.npmrc']) {
    assert.ok(ignore.split('\n').includes(`!${path}`), path);
  }
});

test('the variables that the README names are read', async () => {
  const named = [
    ...(await read('README.md')).matchAll(/`((?:TELLTALE|KAFKA|OTEL|REVIEW|UPSTREAM)_[A-Z_]+)[`=]/g),
  ];
  assert.ok(named.length > 12);
  for (const [, name] of named) assert.ok(KNOWN.has(name ?? ''), name);
});
