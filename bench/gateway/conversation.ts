import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../machine.ts';
import { median } from '../median.ts';
import { readMetric } from '../read-metric.ts';
import { type Answerer, type Message, startAnswerer, writer } from './conversation-sides.ts';
import { rulesIn } from './rules-in.ts';
import { type Served, serve } from './served.ts';

/** `node bench/gateway/conversation.ts [--conversations N] [--turns N] [--out FILE]`: what turn 2 and turn 50 of a
 *  conversation cost, which a client sends whole each time: time to the whole answer, tokens that the reader read, CPU
 *  of all threads. Medians over conversations of which no two share a text; with the shipped rules observing and
 *  enforcing, and, for comparison, without what is remembered. JSON on standard output, a table on standard error. */

interface Cost {
  readonly ms: number;
  readonly tokens: number;
  readonly cpu_ms: number;
}

interface Result {
  readonly early: Cost;
  readonly late: Cost;
  /** The late turn over the early one. */
  readonly ratio: Cost;
}

const EARLY = 2;

const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '9' },
    turns: { type: 'string', default: '50' },
    out: { type: 'string' },
  },
});
const conversations = Number(values.conversations);
const late = Number(values.turns);
const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-rules-'));
const upstream = await startAnswerer();
const results: Record<string, Result> = {};
try {
  const observing = rulesIn(folder, 'flag');
  results['observe'] = await measure(observing, { remembers: true, times: conversations });
  const enforcing = enforcingRules(observing);
  results['enforce'] = await measure(enforcing, { remembers: true, times: conversations });
  const few = Math.min(conversations, 3);
  results['observe_forgetful'] = await measure(observing, { remembers: false, times: few });
} finally {
  upstream.close();
  rmSync(folder, { recursive: true });
}
const report = {
  machine: machine(),
  conversations,
  turns: { early: EARLY, late },
  ...results,
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.stderr.write(table());
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);

/** Those and one that enforces and never fires, so that the upstream waits for every verdict and nothing is blocked:
 *  among so many ordinary texts some of the shipped rules fire on one. */
function enforcingRules(observing: string): string {
  const copy = join(folder, 'enforcing');
  cpSync(observing, copy, { recursive: true });
  writeFileSync(
    join(copy, 'never.yaml'),
    `version: 1
rules:
  - id: 0c1f6a52-7d8e-4c0b-9a34-6e6576657200
    name: never
    title: Never
    description: makes verdicts come first
    status: test
    version: 1
    level: low
    mode: enforce
    target: any
    detection:
      met: {signal: {concept: deception}, above: 1000000, aggregate: max}
    condition: met
    action: block
`,
  );
  return copy;
}

async function measure(
  rules: string,
  { remembers, times }: { readonly remembers: boolean; readonly times: number },
): Promise<Result> {
  // The turn before the last is read whole, which takes long on a busy machine.
  const detector = { timeout_ms: 600_000, ...(remembers ? {} : { score_cache_bytes: 0 }) };
  const gateway = await serve('telltale', { upstream: upstream.url, rules, detector });
  try {
    await converse(gateway, upstream, -1);
    const costs: [Cost, Cost][] = [];
    for (let i = 0; i < times; i++) costs.push(await converse(gateway, upstream, i));
    const early = medianOf(costs.map(([cost]) => cost));
    const last = medianOf(costs.map(([, cost]) => cost));
    return { early, late: last, ratio: each((key) => last[key] / early[key]) };
  } finally {
    await gateway.close();
  }
}

/** One conversation; the turns between are not sent, since the one before the last has the same texts. */
async function converse(gateway: Served, { answerWith }: Answerer, seed: number): Promise<[Cost, Cost]> {
  const write = writer(seed);
  const messages: Message[] = [];
  const turn = async (isSent: boolean): Promise<Cost | null> => {
    messages.push({ role: 'user', content: write(40) });
    const answer = write(60);
    answerWith(answer);
    const cost = isSent ? await costOf(gateway, messages) : null;
    messages.push({ role: 'assistant', content: answer });
    return cost;
  };
  const costs: (Cost | null)[] = [];
  for (let i = 1; i <= late; i++) costs.push(await turn(i <= EARLY || i >= late - 1));
  const [first, last] = [costs[EARLY - 1], costs[late - 1]];
  if (!first || !last) throw new Error(`a conversation of ${late} turns is too short`);
  return [first, last];
}

async function costOf(gateway: Served, messages: readonly Message[]): Promise<Cost> {
  const before = [await tokensRead(gateway), await gateway.allThreadsCpuMs()] as const;
  const startedMs = performance.now();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'bench', messages }),
  });
  await response.arrayBuffer();
  const ms = performance.now() - startedMs;
  if (response.status !== 200) throw new Error(`the gateway answered ${response.status}`);
  const cpuMs = (await gateway.allThreadsCpuMs()) - before[1];
  return { ms, tokens: (await tokensRead(gateway)) - before[0], cpu_ms: cpuMs };
}

function tokensRead({ metricsUrl }: Served): Promise<number> {
  return readMetric(metricsUrl ?? '', 'telltale_detector_tokens_total');
}

function medianOf(costs: readonly Cost[]): Cost {
  return each((key) => median(costs.map((cost) => cost[key])));
}

function each(of: (key: keyof Cost) => number): Cost {
  const rounded = (key: keyof Cost) => Math.round(of(key) * 100) / 100;
  return { ms: rounded('ms'), tokens: rounded('tokens'), cpu_ms: rounded('cpu_ms') };
}

function table(): string {
  const row = (name: string, { early, late: last, ratio }: Result) =>
    (['ms', 'tokens', 'cpu_ms'] as const)
      .map(
        (key) =>
          `${name} ${key}: ${early[key]} at turn ${EARLY}, ${last[key]} at turn ${late}, × ${ratio[key]}`,
      )
      .join('\n');
  return `${Object.entries(results)
    .map(([name, result]) => row(name, result))
    .join('\n')}\n`;
}
