import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { createKeptStore, KEPT_FILE, openKeptFile } from '../../alerts/index.ts';
import {
  type Computed,
  createDetector,
  openFeatureset,
  packActivations,
  type SignalId,
} from '../../detectors/index.ts';
import {
  createReplayer,
  createReplayTally,
  decodeExchange,
  encodeExchange,
  type KeptSegment,
  loadRules,
} from '../../rules/index.ts';

/** `node bench/rules/replay.ts [--tokens N] [--out FILE]`: what it costs to keep what the reader saw, and how fast the
 *  shipped rules are held against it. The texts are those of the shipped rules' tests, read by the real reader once and
 *  kept again and again as exchanges of ten texts. Processor time of the whole process beside wall time, since the
 *  machine may be busy; JSON on standard output, a table on standard error. */

const { values } = parseArgs({
  options: { tokens: { type: 'string', default: '1000000' }, out: { type: 'string' } },
});
const wanted = Number(values.tokens);
const SHIPPED = 'rules/shipped';
const TEXTS_AN_EXCHANGE = 10;
const QUEUE_BYTES = 32 * 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-replay-'));
try {
  const read = await readTexts();
  const written = await keepExchanges(read.exchanges);
  const replayed = await replay();
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version };
  const report = { machine, reader_us_per_token: read.usPerToken, ...written, ...replayed };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.stderr.write(tableOf(report));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

/** The exchanges, packed as the gateway does with `replay.keep: concepts`. */
async function readTexts() {
  const detector = await createDetector({ modelPath: 'models/default', workers: 1, timeoutMs: 600_000 });
  try {
    const { concepts, probes } = detector.featureset;
    const signals: SignalId[] = [
      ...concepts.map(({ name }) => `concept/${name}` as const),
      ...probes.map((name) => `probe/${name}` as const),
    ];
    const computed: Computed = { signals, isWholeDictionary: false };
    const started = cpuMs();
    const readings = [];
    for (const text of textsOf())
      readings.push(await detector.createScorer({ role: 'user', signals }).end(text));
    const tokens = readings.reduce((sum, reading) => sum + reading.tokens.length, 0);
    const usPerToken = (1000 * (cpuMs() - started)) / tokens;
    const segments = readings.map((reading, i): KeptSegment & { readonly tokens: number } => ({
      tokens: reading.tokens.length,
      ref: {
        id: `request/messages/${i % TEXTS_AN_EXCHANGE}/content`,
        target: i % 2 === 0 ? 'input' : 'output',
        role: i % 2 === 0 ? 'user' : 'assistant',
        pointer: `/messages/${i % TEXTS_AN_EXCHANGE}/content`,
        choice: null,
      },
      fields: { route: '/v1/chat/completions', dialect: 'openai-chat', model: 'm', conversation: 'c' },
      status: 'scanned',
      reason: null,
      computed,
      readings: [{ packed: packActivations([reading]), isFinished: true, changes: null }],
    }));
    const exchanges = [];
    for (let i = 0; i < segments.length; i += TEXTS_AN_EXCHANGE) {
      const own = segments.slice(i, i + TEXTS_AN_EXCHANGE);
      const sum = own.reduce((total, segment) => total + segment.tokens, 0);
      const kept = own.map(({ tokens: _, ...segment }) => segment);
      exchanges.push({ tokens: sum, segments: kept, digest: detector.featureset.digest });
    }
    return { exchanges, usPerToken };
  } finally {
    await detector.close();
  }
}

function textsOf(): string[] {
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      const { rules } = parse(readFileSync(join(SHIPPED, name), 'utf8')) as {
        rules: { tests?: { text?: string; ok?: string }[] }[];
      };
      return rules.flatMap(({ tests = [] }) => tests.flatMap(({ text, ok }) => text ?? ok ?? []));
    });
}

type Exchanges = Awaited<ReturnType<typeof readTexts>>['exchanges'];

async function keepExchanges(exchanges: Exchanges) {
  const store = createKeptStore({
    dataDir: folder,
    maxBytes: 2 ** 40,
    known: async (ids) => ids,
    onTrouble: (error) => process.stderr.write(`${error.message}\n`),
    onSetAside: () => undefined,
  });
  const [started, startedMs] = [cpuMs(), performance.now()];
  let tokens = 0;
  for (let i = 0; tokens < wanted; i++) {
    const exchange = exchanges[i % exchanges.length];
    if (exchange === undefined) throw new Error('no text was read');
    tokens += exchange.tokens;
    const data = encodeExchange({
      featuresetDigest: exchange.digest,
      ruleSetDigest: 'bench',
      verdict: 'pass',
      fired: [],
      segments: exchange.segments,
    });
    const endedAt = new Date(1.8e12 + i).toISOString();
    store.keep({
      exchangeId: `e${i}`,
      conversationId: 'c',
      subject: null,
      endedAt,
      tokens: exchange.tokens,
      data,
    });
    while (store.stats().queuedBytes > QUEUE_BYTES) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await store.close();
  const { dropped } = store.stats();
  if (Object.keys(dropped).length > 0) throw new Error(`dropped: ${JSON.stringify(dropped)}`);
  return {
    tokens,
    keep_cpu_us_per_token: (1000 * (cpuMs() - started)) / tokens,
    keep_seconds: (performance.now() - startedMs) / 1000,
    mb_per_million_tokens: statSync(join(folder, KEPT_FILE)).size / tokens,
  };
}

/** As `telltale rules replay` does. */
async function replay() {
  const featureset = await openFeatureset('models/default');
  const loaded = await loadRules([SHIPPED], featureset);
  if (!loaded.ok) throw new Error('the shipped rules do not load');
  const { ruleSet } = loaded;
  const file = openKeptFile(folder);
  if (file === null) throw new Error('nothing was kept');
  const [started, startedMs] = [cpuMs(), performance.now()];
  const replayer = createReplayer(featureset);
  const tally = createReplayTally(ruleSet);
  let tokens = 0;
  for (const { data } of file.read({})) {
    if (data === null) throw new Error('an exchange is damaged');
    const opened = replayer.open(decodeExchange(data));
    tally.add(opened.exchange, opened.judge(ruleSet), null);
    tokens += opened.tokens;
  }
  file.close();
  const cpuSeconds = (cpuMs() - started) / 1000;
  return {
    rules: ruleSet.rules.length,
    fires: tally.report().rules.reduce((sum, { fires }) => sum + fires, 0),
    replay_cpu_seconds: cpuSeconds,
    replay_seconds: (performance.now() - startedMs) / 1000,
    replay_tokens_per_cpu_second: Math.round(tokens / cpuSeconds),
  };
}

/** Of all threads of the process, so that a busy machine shows in no figure. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function tableOf(report: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(report).filter(([, value]) => typeof value === 'number');
  return rows.map(([name, value]) => `${name.padEnd(32)}${Number(value).toFixed(2).padStart(14)}\n`).join('');
}
