import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { fillIn } from '../../deploy/grafana/fill-in.ts';
import { startPrometheus } from '../services/prometheus.ts';
import { requirePromtool } from '../services/promtool.ts';
import { allMetrics } from './all-metrics.ts';

const STEP_SECONDS = 15;
const SAMPLES = 41;
/** Any moment, the same each time, in the midst of a block of two hours: 2026-11-26 09:00. */
const END = Date.UTC(2026, 10, 26, 9) / 1000;
const WHEN = { rateInterval: '1m', range: '10m' };

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

const metrics = await allMetrics();
const prometheus = await startPrometheus({
  async prepare(folder) {
    const file = join(folder, 'samples.txt');
    await writeFile(file, samplesOf(metrics));
    execFileSync(requirePromtool(), [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      file,
      join(folder, 'data'),
    ]);
  },
});
after(() => prometheus.close());

for (const [path, content] of dashboardFiles()) {
  const { panels } = JSON.parse(content) as { panels: { title: string; targets: Target[] }[] };
  for (const { title, targets } of panels) {
    test(`"${title}" of ${path} shows a gateway's metrics, each line under a name of its own`, async () => {
      for (const { expr, legendFormat } of targets) {
        const series = await prometheus.query(fillIn(expr, WHEN), END);
        assert.ok(series.length > 0, `${expr} gives nothing`);
        const names = series.map(({ metric }) => legendOf(legendFormat, metric));
        assert.equal(new Set(names).size, names.length, `${expr}: ${names.join(', ')}`);
        for (const { values } of series) {
          assert.ok(Number.isFinite(values[0]?.[1]), `${expr} is ${values[0]?.[1]}`);
        }
      }
    });
  }
}

/** The legend with labels in its places; each must be there. */
function legendOf(format: string, metric: Readonly<Record<string, string>>): string {
  return format.replace(/\{\{(\w+)\}\}/g, (_, label: string) => {
    assert.ok(metric[label], `${format}: no label ${label} in ${JSON.stringify(metric)}`);
    return metric[label];
  });
}

/** What Prometheus would have read of two gateways in ten minutes: gauges as they are, counters growing. */
function samplesOf(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const of = lines.flatMap((line) => ['a:9464', 'b:9464'].map((instance) => timed(line, instance)));
  return `${of.flat().join('\n')}\n# EOF\n`;
}

function timed(line: string, instance: string): string[] {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
  const isCounter = /_(total|bucket|sum|count)$/.test(name);
  const all = [labels, `instance="${instance}"`, 'job="telltale"'].filter((one) => one !== '').join(',');
  return Array.from({ length: SAMPLES }, (_, index) => {
    const grown = isCounter ? Number(value) * (index + 1) : Number(value);
    return `${name}{${all}} ${grown} ${END - (SAMPLES - 1 - index) * STEP_SECONDS}`;
  });
}
