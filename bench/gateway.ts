import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { speedChart } from './gateway/chart.ts';
import { type Asked, drive, type Load, type Measured, warmUp } from './gateway/drive.ts';
import { installPortkey } from './gateway/install-portkey.ts';
import type { Results } from './gateway/results.ts';
import { rulesIn } from './gateway/rules-in.ts';
import { serve } from './gateway/served.ts';
import { tableOf } from './gateway/table.ts';
import { EARLY, measureTurns, turnsTable } from './gateway/turns.ts';
import { machine } from './machine.ts';
import { median } from './median.ts';

/** `node bench/gateway.ts [--requests N] [--connections N] [--alone N] [--rounds N] [--conversations N] [--out FILE]
 *  [--chart FILE]`: what the gateway costs, against the upstream itself, the least that a proxy in Express can do, and
 *  Portkey's gateway, each figure the median of the rounds; and what turn 50 of a conversation costs against turn 2. JSON
 *  on standard output, a table with ratios on standard error; `--out` writes the JSON to a file too, `--chart` a picture
 *  of it. */

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1500' },
    connections: { type: 'string', default: '16' },
    alone: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    conversations: { type: 'string', default: '5' },
    out: { type: 'string' },
    chart: { type: 'string' },
  },
});
const load: Load = {
  requests: Number(values.requests),
  connections: Number(values.connections),
  alone: Number(values.alone),
};
const rounds = Number(values.rounds);
/** A reader answers a tenth as fast: fewer requests take as long. */
const READING = { share: 0.2, warm: 50 };
const PASSING = { share: 1, warm: 1_500 };
/** The turn of a growing conversation that is held against its second. */
const LATE = 50;

type Contestant = Asked & { rssMb(): Promise<number | null>; close(): Promise<void> };

installPortkey();
const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-rules-'));
const upstream = await serve('upstream');
const results: Results = {};
try {
  const to = { upstream: upstream.url };
  const telltale = (mode: Parameters<typeof rulesIn>[1]) =>
    serve('telltale', { ...to, rules: rulesIn(folder, mode) });
  // Those that are compared with each other take turns, so that they meet the same machine.
  await measure(PASSING, {
    direct: async () => ({ ...upstream, rssMb: async () => null, close: async () => {} }),
    express: () => serve('express-proxy', to),
    telltale: () => telltale('off'),
    portkey: () => serve('portkey', to),
  });
  await measure(READING, { telltale_observe: () => telltale('flag') });
  await measure(READING, { telltale_enforce: () => telltale('enforce') });
} finally {
  await upstream.close();
  rmSync(folder, { recursive: true });
}
const conversations = Number(values.conversations);
const turns = await measureTurns({ conversations, late: LATE, isForgetfulToo: false });
const report = {
  machine: machine(),
  load: { ...load, rounds },
  ...results,
  conversation: { conversations, turns: { early: EARLY, late: LATE }, ...turns },
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.stderr.write(tableOf(results));
process.stderr.write(turnsTable(turns, LATE));
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
if (values.chart !== undefined) writeFileSync(values.chart, speedChart(results));

async function measure(
  { share, warm }: typeof PASSING,
  starts: Readonly<Record<string, () => Promise<Contestant>>>,
): Promise<void> {
  const running: { name: string; server: Contestant; runs: Measured[]; before: number }[] = [];
  try {
    for (const [name, start] of Object.entries(starts)) {
      const server = await start();
      running.push({ name, server, runs: [], before: 0 });
      await warmUp(server, warm);
    }
    for (const one of running) one.before = (await one.server.rssMb()) ?? 0;
    const requests = Math.ceil(load.requests * share);
    for (let round = 0; round < rounds; round += 1) {
      for (const { server, runs } of running) runs.push(await drive(server, { ...load, requests }));
    }
    for (const { name, server, runs, before } of running) {
      const after = await server.rssMb();
      const growth = after === null ? null : after - before;
      results[name] = { ...medians(runs), rss_mb: after, rss_growth_mb: growth };
    }
  } finally {
    for (const { server } of running) await server.close();
  }
}

function medians(runs: readonly Measured[]): Measured {
  const of = (key: keyof Measured) => median(runs.map((run) => run[key]));
  return {
    json_rps: of('json_rps'),
    stream_rps: of('stream_rps'),
    ttfb_p50_ms: of('ttfb_p50_ms'),
    ttfb_p99_ms: of('ttfb_p99_ms'),
    errors: runs.reduce((sum, { errors }) => sum + errors, 0),
  };
}
