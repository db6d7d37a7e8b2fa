import { Pool } from 'undici';
import type { Served } from './served.ts';

/** What one variant showed. */
export interface Measured {
  readonly json_rps: number;
  readonly stream_rps: number;
  readonly ttfb_p50_ms: number;
  readonly ttfb_p99_ms: number;
  readonly errors: number;
}

export interface Load {
  readonly requests: number;
  readonly connections: number;
  /** Requests one after another for the time to the first byte. */
  readonly alone: number;
}

let asked = 0;

/** Asks one server over a bounded number of connections. */
export interface Asker {
  /** Sends a short chat request, each a little different, and reads the answer to its end.
   *  @returns milliseconds to the first byte */
  ask(isStreamed: boolean): Promise<number>;
  /** Answers that were not whole. */
  errors(): number;
  close(): Promise<void>;
}

/** Who is asked. */
export type Asked = Pick<Served, 'url' | 'headers'>;

export function createAsker({ url, headers }: Asked, connections: number): Asker {
  const pool = new Pool(url, { connections });
  let errors = 0;
  const ask = async (isStreamed: boolean): Promise<number> => {
    asked += 1;
    const started = performance.now();
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        model: 'bench',
        stream: isStreamed,
        messages: [{ role: 'user', content: `Tell me a short story about river number ${asked}.` }],
      }),
    });
    let firstMs = 0;
    let text = '';
    for await (const part of body) {
      firstMs ||= performance.now() - started;
      text += part;
    }
    if (statusCode !== 200 || !/\[DONE\]\n\n$|"total_tokens":\d+\}\}$/.test(text)) errors += 1;
    return firstMs;
  };
  return { ask, errors: () => errors, close: () => pool.close() };
}

/** Measures one server once; it is warm already. */
export async function drive(asked: Asked, { requests, connections, alone }: Load): Promise<Measured> {
  const { ask, errors, close } = createAsker(asked, connections);
  const jsonRps = await perSecond(() => ask(false), { requests, connections });
  const streamRps = await perSecond(() => ask(true), { requests, connections });
  const times: number[] = [];
  for (let index = 0; index < alone; index += 1) times.push(await ask(true));
  await close();
  times.sort((a, b) => a - b);
  return {
    json_rps: jsonRps,
    stream_rps: streamRps,
    ttfb_p50_ms: quantile(times, 0.5),
    ttfb_p99_ms: quantile(times, 0.99),
    errors: errors(),
  };
}

const WARM_CONNECTIONS = 8;

/** Lets a server's code be compiled: so many requests of each kind. */
export async function warmUp(asked: Asked, requests: number): Promise<void> {
  const { ask, close } = createAsker(asked, WARM_CONNECTIONS);
  const load = { requests, connections: WARM_CONNECTIONS };
  await perSecond(() => ask(false), load);
  await perSecond(() => ask(true), load);
  await close();
}

async function perSecond(
  ask: () => Promise<number>,
  { requests, connections }: Omit<Load, 'alone'>,
): Promise<number> {
  let left = requests;
  const started = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await ask();
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return requests / ((performance.now() - started) / 1000);
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
