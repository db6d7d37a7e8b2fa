import { setTimeout as sleep } from 'node:timers/promises';
import { readShippedRules } from '../../rules/shipped-rules.ts';

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
const EVERYDAY = [
  'What is a good way to bake bread?',
  'Explain how a hash map grows.',
  'Which trains go to the coast on Sundays?',
  'Write a short note that the meeting moves to Thursday.',
  'How do I say thank you in Portuguese?',
];
const MAX_ASKED = 32;
const WAVE_MS = 60_000;
const SLOWEST_MS = 900;
const FASTEST_MS = 250;

/** Asks until the signal fires: ordinary questions and texts that rules look for, streamed and not, through two
 *  APIs, and now and then what goes wrong. More and less of it, in waves of a minute.
 *  @returns how many requests were answered
 *  @throws what the first of them met that was not answered */
export async function sendTraffic(gatewayUrl: string, signal: AbortSignal): Promise<number> {
  const texts = textsOfTests();
  const started = Date.now();
  const asked = new Set<Promise<void>>();
  const failed = Promise.withResolvers<never>();
  let answered = 0;
  for (let turn = 0; !signal.aborted; turn += 1) {
    const [path, body] = requestOf(turn, texts);
    const exchange = ask(`${gatewayUrl}${path}`, body).then(() => {
      answered += 1;
      asked.delete(exchange);
    });
    asked.add(exchange);
    exchange.catch(failed.reject);
    if (asked.size >= MAX_ASKED) await Promise.race(asked);
    const height = (1 - Math.cos(((Date.now() - started) / WAVE_MS) * 2 * Math.PI)) / 2;
    await Promise.race([sleep(SLOWEST_MS - (SLOWEST_MS - FASTEST_MS) * height), failed.promise]);
  }
  await Promise.all(asked);
  return answered;
}

interface Texts {
  readonly wanted: readonly string[];
  readonly ordinary: readonly string[];
}

/** What the shipped rules are tested on. */
function textsOfTests(): Texts {
  const tests = readShippedRules().flatMap((rule) => rule.tests);
  const wanted = tests.flatMap(({ text, expect }) => (text !== undefined && expect === 'fire' ? [text] : []));
  const near = tests.flatMap(({ ok, text, expect }) => ok ?? (expect === 'quiet' ? text : undefined) ?? []);
  return { wanted, ordinary: [...EVERYDAY, ...near] };
}

/** Of twenty requests thirteen are ordinary, four are what rules look for, and three go wrong. */
function requestOf(turn: number, { wanted, ordinary }: Texts): readonly [path: string, body: string] {
  const place = turn % 20;
  if (place === 7) return ['/v1/chat/completions', '{"model": "telltale-demo", "messages": ['];
  if (place === 13) return ['/v1/rerank', '{"query": "hello"}'];
  const isWanted = place % 5 === 2;
  const from = isWanted ? wanted : ordinary;
  const text = from[(turn * 7) % from.length] ?? '';
  const model = place === 17 ? 'gone-model' : 'telltale-demo';
  const content =
    place === 4
      ? [
          { type: 'text', text },
          { type: 'image_url', image_url: { url: PNG } },
        ]
      : text;
  const messages = [{ role: 'user', content }];
  if (place === 9) return ['/v1/messages', JSON.stringify({ model, max_tokens: 100, messages })];
  return ['/v1/chat/completions', JSON.stringify({ model, messages, stream: turn % 2 === 0 })];
}

/** Reads the answer to its end; what becomes of it is for the gateway to count. */
async function ask(url: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  await response.text().catch(() => '');
}
