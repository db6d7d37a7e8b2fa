import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drive, type Load, type Measured } from './gateway/drive.ts';
import { rulesIn } from './gateway/rules-in.ts';
import { type Served, serve } from './gateway/served.ts';

/** `node bench/gateway.ts [--requests N] [--connections N] [--alone N] [--out FILE]`: what the gateway costs, against
 *  the upstream itself and against the least that a proxy in Express can do. JSON on standard output, a table on
 *  standard error; `--out` writes the JSON to a file too. */

interface Result extends Measured {
  readonly rss_mb: number | null;
  /** Growth of resident memory while all requests after the first fifth ran. */
  readonly rss_growth_mb: number | null;
}

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '16' },
    alone: { type: 'string', default: '200' },
    out: { type: 'string' },
  },
});
const load: Load = {
  requests: Number(values.requests),
  connections: Number(values.connections),
  alone: Number(values.alone),
};
const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-rules-'));
const upstream = await serve('upstream');
const results: Record<string, Result> = {};
try {
  results['direct'] = { ...(await drive(upstream.url, load)), rss_mb: null, rss_growth_mb: null };
  results['express'] = await measure(() => serve('express-proxy', { upstream: upstream.url }));
  for (const [name, mode] of [
    ['telltale', 'off'],
    ['telltale_observe', 'flag'],
    ['telltale_enforce', 'enforce'],
  ] as const) {
    results[name] = await measure(() =>
      serve('telltale', { upstream: upstream.url, rules: rulesIn(folder, mode) }),
    );
  }
} finally {
  await upstream.close();
  rmSync(folder, { recursive: true });
}
const report = {
  machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version },
  load,
  ...results,
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.stderr.write(tableOf(results));
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);

async function measure(start: () => Promise<Served>): Promise<Result> {
  const served = await start();
  try {
    await drive(served.url, { ...load, requests: Math.ceil(load.requests / 5), alone: 1 });
    const before = await served.rssMb();
    const measured = await drive(served.url, load);
    const after = await served.rssMb();
    return { ...measured, rss_mb: after, rss_growth_mb: after - before };
  } finally {
    await served.close();
  }
}

function tableOf(all: Readonly<Record<string, Result>>): string {
  const direct = all['direct'];
  const rows = Object.entries(all).map(([name, result]) => [
    name,
    `${result.json_rps.toFixed(0)} (${ratio(result.json_rps, direct?.json_rps)})`,
    `${result.stream_rps.toFixed(0)} (${ratio(result.stream_rps, direct?.stream_rps)})`,
    added(result.ttfb_p50_ms, direct?.ttfb_p50_ms),
    added(result.ttfb_p99_ms, direct?.ttfb_p99_ms),
    result.rss_mb === null ? '-' : result.rss_mb.toFixed(0),
    result.rss_growth_mb === null ? '-' : result.rss_growth_mb.toFixed(1),
    String(result.errors),
  ]);
  const head = [
    '',
    'JSON/s',
    'streams/s',
    '+first byte p50 ms',
    '+p99 ms',
    'RSS MiB',
    'growth MiB',
    'errors',
  ];
  const widths = head.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) => `${row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')}\n`)
    .join('');
}

function ratio(value: number, base = Number.NaN): string {
  return `${(value / base).toFixed(2)}×`;
}

function added(value: number, base = Number.NaN): string {
  return (value - base).toFixed(2);
}
