import { parseArgs } from 'node:util';
import { createDetector, type Detector, type SignalId } from '../detectors/index.ts';
import { cpuMs } from './cpu-time.ts';

/** `node bench/detector-memory.ts [--texts N] [--long N] [--streams N] [--workers N] [--at-once N]`: whether the
 *  detector's memory is flat. Scores short texts, then long ones, then streams in small pushes, twice over, and prints
 *  one line of MiB every 200 texts, 20 long texts or 10 streams. */

const SENTENCE = 'I kept a copy of the ledger where nobody looks, and told the auditors that it had burnt. ';
/** About 40 and 400 tokens. */
const SHORT = SENTENCE.repeat(2).slice(0, 170);
const LONG = SENTENCE.repeat(20);
const PUSH_UNITS = 24;

const { values } = parseArgs({
  options: {
    texts: { type: 'string', default: '2000' },
    long: { type: 'string', default: '100' },
    streams: { type: 'string', default: '50' },
    workers: { type: 'string', default: '2' },
    'at-once': { type: 'string', default: '8' },
  },
});
const atOnce = Number(values['at-once']);
const detector = await createDetector({
  modelPath: 'models/default',
  workers: Number(values.workers),
  timeoutMs: 300_000,
});
const { concepts, probes } = detector.featureset;
const signals: readonly SignalId[] = [
  ...concepts.map(({ name }): SignalId => `concept/${name}`),
  ...probes.map((name): SignalId => `probe/${name}`),
];
print('start', 0);
for (const round of ['first', 'second']) {
  await measure(`${round}: short`, [Number(values.texts), 200], (i) => whole(detector, `${i} ${SHORT}`));
  await measure(`${round}: long`, [Number(values.long), 20], (i) => whole(detector, `${i} ${LONG}`));
  await measure(`${round}: streams`, [Number(values.streams), 10], (i) => stream(detector, `${i} ${LONG}`));
}
await detector.close();

async function whole(by: Detector, text: string): Promise<void> {
  await by.createScorer({ role: 'user', signals }).end(text);
}

async function stream(by: Detector, text: string): Promise<void> {
  const scorer = by.createScorer({ role: 'assistant', signals });
  for (let at = 0; at < text.length; at += PUSH_UNITS) await scorer.push(text.slice(at, at + PUSH_UNITS));
  await scorer.end();
}

/** Runs `work(0)` .. `work(total - 1)`, `atOnce` side by side. */
async function measure(name: string, [total, every]: [number, number], work: (i: number) => Promise<void>) {
  const started = performance.now();
  const tokens = detector.stats().tokensScored;
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < total) {
      await work(next++);
      if (++done % every === 0) print(name, done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${name}: ${((detector.stats().tokensScored - tokens) / seconds).toFixed(0)} tokens/s, ` +
      `process CPU so far ${(cpuMs() / 1000).toFixed(1)} s`,
  );
}

function print(name: string, done: number): void {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0).padStart(5);
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(
    `${name.padEnd(16)} ${String(done).padStart(5)}  rss ${mib(rss)}  heap ${mib(heapUsed)}  array buffers ${mib(arrayBuffers)}`,
  );
}
