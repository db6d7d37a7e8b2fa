import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { costOfRequest } from './cost-of-request.ts';
import { rulesIn } from './rules-in.ts';
import { type Served, serve } from './served.ts';

/** `node bench/gateway/cpu-per-request.ts [--requests N] [--connections N] [--rounds N]`: what a request costs the main
 *  thread of the bare Express proxy and of Telltale without rules. Unlike requests a second this can be measured
 *  while other work keeps the cores busy. JSON on standard output: milliseconds of a core, the least and the median of
 *  the rounds, and Express divided by Telltale. */

interface Costs {
  readonly json: number[];
  readonly stream: number[];
}

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '300' },
    connections: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '5' },
  },
});
const requests = Number(values.requests);
const connections = Number(values.connections);
const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-rules-'));
const upstream = await serve('upstream');
const express = await serve('express-proxy', { upstream: upstream.url });
const telltale = await serve('telltale', { upstream: upstream.url, rules: rulesIn(folder, 'off') });
try {
  const costs = { express: noCosts(), telltale: noCosts() };
  // The first round is thrown away: the code is not compiled yet.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    await measure(express, round === 0 ? noCosts() : costs.express);
    await measure(telltale, round === 0 ? noCosts() : costs.telltale);
  }
  const report = {
    requests,
    connections,
    express: summary(costs.express),
    telltale: summary(costs.telltale),
  };
  const ratios = {
    json: report.express.json_median_ms / report.telltale.json_median_ms,
    stream: report.express.stream_median_ms / report.telltale.stream_median_ms,
  };
  process.stdout.write(`${JSON.stringify({ ...report, ratios }, null, 2)}\n`);
} finally {
  await Promise.all([telltale.close(), express.close(), upstream.close()]);
  rmSync(folder, { recursive: true });
}

/** One round of each kind. */
async function measure(served: Served, { json, stream }: Costs): Promise<void> {
  json.push(await costOfRequest(served, { requests, connections, isStreamed: false }));
  stream.push(await costOfRequest(served, { requests, connections, isStreamed: true }));
}

function noCosts(): Costs {
  return { json: [], stream: [] };
}

function summary({ json, stream }: Costs) {
  return {
    json_min_ms: Math.min(...json),
    json_median_ms: median(json),
    stream_min_ms: Math.min(...stream),
    stream_median_ms: median(stream),
  };
}
