import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { costOfRequest } from './gateway/cost-of-request.ts';
import { rulesIn } from './gateway/rules-in.ts';
import { type Served, serve } from './gateway/served.ts';
import { machine } from './machine.ts';
import { median } from './median.ts';

/** `npm run bench:telemetry [-- --requests N --rounds N --out FILE]`: what traces and metrics cost the main thread of a
 *  gateway without rules for each request, in turns with one that exports nothing: milliseconds of a core, which other
 *  programs change less than requests a second. */

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const [requests, connections, rounds] = [values.requests, values.connections, values.rounds].map(Number) as [
  number,
  number,
  number,
];

const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-telemetry-'));
const [upstream, drain] = await Promise.all([serve('upstream'), serve('otlp-drain')]);
const rules = rulesIn(folder, 'off');
const start = (telemetry: object) =>
  serve('telltale', { upstream: upstream.url, rules, more: { telemetry } });
const otlp = { otlp_endpoint: drain.url };
const gateways: Readonly<Record<string, Served>> = {
  without: await start({}),
  'traces and metrics': await start(otlp),
  'one trace in a hundred': await start({ ...otlp, sample_ratio: 0.01 }),
  'with text in spans': await start({ ...otlp, content: 'spans' }),
};
try {
  const costs = await measureAll();
  const report = {
    machine: machine(),
    load: { requests, connections, rounds, average: loadavg()[0] },
    ...costs,
  };
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(tableOf(costs));
} finally {
  await Promise.all([...Object.values(gateways), upstream, drain].map((served) => served.close()));
  rmSync(folder, { recursive: true });
}

interface Cost {
  readonly json_ms: number;
  readonly stream_ms: number;
}

/** Medians of the rounds, in each of which every gateway has its turn. */
async function measureAll(): Promise<Readonly<Record<string, Cost>>> {
  const all = new Map(
    Object.keys(gateways).map((name) => [name, { json: [] as number[], stream: [] as number[] }]),
  );
  // The first round is thrown away: the code is not compiled yet.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, gateway] of Object.entries(gateways)) {
      const json = await costOfRequest(gateway, { requests, connections, isStreamed: false });
      const stream = await costOfRequest(gateway, { requests, connections, isStreamed: true });
      if (round === 0) continue;
      all.get(name)?.json.push(json);
      all.get(name)?.stream.push(stream);
    }
  }
  return Object.fromEntries(
    [...all].map(([name, { json, stream }]) => [name, { json_ms: median(json), stream_ms: median(stream) }]),
  );
}

function tableOf(costs: Readonly<Record<string, Cost>>): string {
  const head = ['ms of a core', 'JSON', 'stream'];
  const rows = Object.entries(costs).map(([name, { json_ms, stream_ms }]) => [
    name,
    json_ms.toFixed(3),
    stream_ms.toFixed(3),
  ]);
  return [head, ...rows]
    .map(([name = '', ...cells]) => `${name.padEnd(26)}${cells.map((cell) => cell.padStart(9)).join('')}\n`)
    .join('');
}
