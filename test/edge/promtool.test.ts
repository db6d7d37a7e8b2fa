import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { fillIn } from '../../deploy/grafana/fill-in.ts';
import { METRIC_NAMES } from '../../gateway/telemetry/index.ts';
import { requirePromtool } from '../services/promtool.ts';
import { allMetrics } from './all-metrics.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy/prometheus');

const folder = mkdtempSync(join(tmpdir(), 'telltale-promtool-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Prometheus' own tool, which is installed where it is missing.
 *  @throws Error in one clear line where it cannot be had */
function run(args: readonly string[], input = ''): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(requirePromtool(), args, {
    cwd: DEPLOY,
    input,
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

const namesIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/\b(telltale_\w+)/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')));

test('every metric of the gateway is there under its name', async () => {
  const present = namesIn(await allMetrics());
  for (const name of Object.values(METRIC_NAMES)) assert.ok(present.has(name), name);
});

test('promtool finds nothing to say about the names and help texts of the metrics', async () => {
  const text = await allMetrics();
  const { code, output } = run(['check', 'metrics'], text);
  assert.deepEqual({ code, output }, { code: 0, output: '' });
  const wrong = run(['check', 'metrics'], '# TYPE telltale_wrong counter\ntelltale_wrong 1\n');
  assert.notEqual(wrong.code, 0, 'it does find what is wrong');
});

test('the alert rules are valid and their tests pass', () => {
  for (const args of [
    ['check', 'rules', 'alerts.yaml'],
    ['test', 'rules', 'alerts.test.yaml'],
    ['check', 'config', '--syntax-only', 'prometheus.yaml'],
  ]) {
    const { code, output } = run(args);
    assert.equal(code, 0, output);
  }
});

test('alerts and dashboards ask only for metrics that the gateway has', () => {
  const known = new Set<string>(Object.values(METRIC_NAMES));
  const files = [readFileSync(join(DEPLOY, 'alerts.yaml'), 'utf8'), ...dashboardFiles().values()];
  for (const text of files) {
    const names = namesIn(text);
    assert.ok(names.size > 4);
    for (const name of names) assert.ok(known.has(name), name);
  }
});

for (const [path, content] of dashboardFiles()) {
  test(`${path} is what dashboards.ts says; npm run docs writes it`, () => {
    assert.ok(readFileSync(join(ROOT, path), 'utf8') === content, `${path} differs: run npm run docs`);
  });

  test(`the expressions of ${path} are valid PromQL`, () => {
    const { panels } = JSON.parse(content) as { panels: { targets: { expr: string }[] }[] };
    const rules = panels
      .flatMap(({ targets }) => targets.map(({ expr }) => expr))
      .map((expression, index) => ({
        record: `panel:${index}`,
        expr: fillIn(expression, { rateInterval: '5m', range: '6h' }),
      }));
    const file = join(folder, 'panels.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { code, output } = run(['check', 'rules', file]);
    assert.equal(code, 0, output);
  });
}
