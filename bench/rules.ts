import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDetector, type Detector } from '../detectors/index.ts';
import { loadRules, type RuleSet } from '../rules/index.ts';
import { cpuMs } from './cpu-time.ts';
import { machine } from './machine.ts';
import { median } from './median.ts';
import { judgeSegments } from './rules/judge-segments.ts';
import { rulesTexts } from './rules/rules-text.ts';

/** `npm run -s bench:rules -- [--rules 1,100,1000] [--tokens N] [--rounds N] [--out FILE]`: what rules cost a token, against
 *  the reader's own time in the same process. Each rule has two conditions and half of the rules read features of their
 *  own. Tokens come in batches of 8, as of a stream, and whole. Processor time of the whole process, medians of the
 *  rounds; JSON on standard output, a table on standard error. */

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '1,100,1000' },
    tokens: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const sizes = values.rules.split(',').map(Number);
const tokens = Number(values.tokens);
const rounds = Number(values.rounds);
const BATCHES = [8, 256] as const;
const SENTENCE = 'I kept a copy of the ledger where nobody looks, and told the auditors that it had burnt. ';

interface Measured {
  readonly rules: number;
  /** Share of the rules that fire in a segment. */
  readonly firing: number;
  readonly signals: number;
  readonly batch: number;
  readonly us_per_token: number;
  /** Share of the reader's time a token. */
  readonly of_reader: number;
}

const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-rules-'));
const detector = await createDetector({ modelPath: 'models/default', workers: 1, timeoutMs: 300_000 });
try {
  const readerUs = await timeReader(detector);
  const results: Measured[] = [];
  for (const size of sizes) {
    const ruleSet = await loaded(size, detector);
    for (const batch of BATCHES) results.push(measure(ruleSet, { size, batch, readerUs }));
  }
  const report = { machine: machine(), tokens, rounds, reader_us_per_token: readerUs, results };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.stderr.write(tableOf(readerUs, results));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await detector.close();
  rmSync(folder, { recursive: true });
}

async function loaded(size: number, { featureset }: Detector): Promise<RuleSet> {
  const files = rulesTexts(size, featureset).map((text, i) => {
    const file = join(folder, `${size}-${i}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const result = await loadRules(files, featureset);
  if (result.ok) return result.ruleSet;
  throw new Error(result.problems.map(({ message }) => message).join('\n'));
}

/** Microseconds of processor a token of the reader with every concept, on texts of about 200 tokens. */
async function timeReader({ createScorer, featureset }: Detector): Promise<number> {
  const signals = featureset.concepts.map(({ name }) => `concept/${name}` as const);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = cpuMs();
    let read = 0;
    for (let i = 0; i < 4; i++) {
      const scorer = createScorer({ role: 'user', signals });
      read += (await scorer.end(`${round} ${i} ${SENTENCE.repeat(10)}`)).tokens.length;
    }
    times.push((1000 * (cpuMs() - started)) / read);
  }
  return median(times);
}

function measure(
  ruleSet: RuleSet,
  { size, batch, readerUs }: { readonly size: number; readonly batch: number; readonly readerUs: number },
): Measured {
  const times: number[] = [];
  let findings = 0;
  // The first round is for the compiler of the engine.
  for (let round = 0; round <= rounds; round++) {
    const judge = judgeSegments(ruleSet, { tokens, batch, seed: round });
    const started = cpuMs();
    findings += judge();
    if (round > 0) times.push((1000 * (cpuMs() - started)) / tokens);
  }
  const us = median(times);
  const firing = (256 * findings) / (tokens * (rounds + 1) * size);
  return {
    rules: size,
    firing,
    signals: ruleSet.signals.length,
    batch,
    us_per_token: us,
    of_reader: us / readerUs,
  };
}

function tableOf(readerUs: number, results: readonly Measured[]): string {
  const rows = results.map(({ rules, signals, batch, us_per_token, of_reader }) =>
    [rules, signals, batch, us_per_token.toFixed(2), `${(100 * of_reader).toFixed(2)} %`]
      .map((cell) => String(cell).padStart(12))
      .join(''),
  );
  const head = ['rules', 'signals', 'batch', 'us/token', 'of reader']
    .map((cell) => cell.padStart(12))
    .join('');
  return `reader: ${readerUs.toFixed(1)} us/token\n${head}\n${rows.join('\n')}\n`;
}
