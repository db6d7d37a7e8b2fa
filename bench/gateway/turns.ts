import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../median.ts';
import { readMetric } from '../read-metric.ts';
import { type Answerer, type Message, startAnswerer, writer } from './conversation-sides.ts';
import { rulesIn } from './rules-in.ts';
import { type Served, serve } from './served.ts';

/** What one turn took: time to the whole answer, tokens that were read, CPU of all threads. */
export interface Cost {
  readonly ms: number;
  readonly tokens: number;
  readonly cpu_ms: number;
}

/** Two turns of one conversation, medians over several. */
export interface Turns {
  readonly early: Cost;
  readonly late: Cost;
  /** The late turn over the early one. */
  readonly ratio: Cost;
}

export interface TurnsLoad {
  readonly conversations: number;
  /** The late turn. */
  readonly late: number;
  /** Also without what is remembered, which takes long. */
  readonly isForgetfulToo: boolean;
}

/** The early turn: the first one finds nothing that was read before. */
export const EARLY = 2;

/** What turn 2 and a late turn of a conversation cost, which a client sends whole each time, with the shipped rules
 *  observing and enforcing. No two conversations share a text. */
export async function measureTurns(load: TurnsLoad): Promise<Record<string, Turns>> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-rules-'));
  const upstream = await startAnswerer();
  const measure = (rules: string, remembers: boolean, times: number) =>
    measureWith({ upstream, rules, remembers, times, late: load.late });
  try {
    const observing = rulesIn(folder, 'flag');
    const enforcing = enforcingRules(folder, observing);
    return {
      observe: await measure(observing, true, load.conversations),
      enforce: await measure(enforcing, true, load.conversations),
      ...(load.isForgetfulToo && {
        observe_forgetful: await measure(observing, false, Math.min(load.conversations, 3)),
      }),
    };
  } finally {
    upstream.close();
    rmSync(folder, { recursive: true });
  }
}

/** A line for each figure. */
export function turnsTable(results: Readonly<Record<string, Turns>>, late: number): string {
  const rows = Object.entries(results).flatMap(([name, { early, late: last, ratio }]) =>
    (['ms', 'tokens', 'cpu_ms'] as const).map(
      (key) =>
        `${name} ${key}: ${early[key]} at turn ${EARLY}, ${last[key]} at turn ${late}, × ${ratio[key]}\n`,
    ),
  );
  return rows.join('');
}

interface Measuring {
  readonly upstream: Answerer;
  readonly rules: string;
  readonly remembers: boolean;
  readonly times: number;
  readonly late: number;
}

/** Those and one that enforces and never fires, so that the upstream waits for every verdict and nothing is blocked:
 *  among so many ordinary texts some of the shipped rules fire on one. */
function enforcingRules(folder: string, observing: string): string {
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

async function measureWith({ upstream, rules, remembers, times, late }: Measuring): Promise<Turns> {
  // The turn before the last is read whole, which takes long on a busy machine.
  const detector = { timeout_ms: 600_000, ...(remembers ? {} : { score_cache_bytes: 0 }) };
  const gateway = await serve('telltale', { upstream: upstream.url, rules, detector });
  try {
    const converseOnce = (seed: number) => converse(gateway, upstream, { seed, late });
    await converseOnce(-1);
    const costs: [Cost, Cost][] = [];
    for (let i = 0; i < times; i++) costs.push(await converseOnce(i));
    const early = medianOf(costs.map(([cost]) => cost));
    const last = medianOf(costs.map(([, cost]) => cost));
    return { early, late: last, ratio: each((key) => last[key] / early[key]) };
  } finally {
    await gateway.close();
  }
}

/** One conversation; the turns between are not sent, since the one before the last has the same texts. */
async function converse(
  gateway: Served,
  { answerWith }: Answerer,
  { seed, late }: { readonly seed: number; readonly late: number },
): Promise<[Cost, Cost]> {
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
