import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openFeatureset } from '../../detectors/index.ts';
import { COMMANDS } from '../../gateway/commands/all.ts';
import type { CommandIo } from '../../gateway/commands/command.ts';
import { openSource } from '../../gateway/commands/open-source.ts';
import { replayDiff } from '../../gateway/commands/replay-diff.ts';
import { replayHistory } from '../../gateway/commands/replay-history.ts';
import { createReplaySide } from '../../gateway/commands/replay-side.ts';
import { runCommandLine } from '../../gateway/commands/run-command-line.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { formatProblems, loadRules, type RuleSet } from '../../rules/index.ts';
import { cpuMs } from '../cpu-time.ts';
import { median } from '../median.ts';

/** How long a history takes under some rules. */
export interface HeldRules {
  readonly what: string;
  readonly rules: number;
  /** Exchanges that some rule flags, or that change. */
  readonly exchanges: number;
  /** The first time, when the program is not warm, and the median of the times after. */
  readonly first_seconds: number;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly us_per_token: number;
  /** Share of the reader's own time a token. */
  readonly of_reader: number;
  /** The same of a Parquet file, and its processor time as a multiple of the store's. */
  readonly parquet: Pick<HeldRules, 'first_seconds' | 'seconds' | 'cpu_seconds' | 'us_per_token'> & {
    readonly cpu_of_store: number;
  };
}

export interface HoldParts {
  readonly folder: string;
  readonly tokens: number;
  readonly readerUs: number;
  readonly rounds: number;
}

const SHIPPED = 'rules/shipped';
const CHANGED = 'harmful-request.yaml';
const UNTIL = new Date(Date.UTC(2027, 0, 1));

export interface ExportedHistory {
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly megabytes: number;
}

/** Holds the shipped rules, one changed rule and both sets against each other, by the functions of `telltale rules replay`
 *  and `rules diff --replay`, each over the store and over a Parquet file of the same. */
export async function holdRules(
  parts: HoldParts,
): Promise<{ readonly exported: ExportedHistory; readonly results: readonly HeldRules[] }> {
  const featureset = await openFeatureset('models/default');
  const changed = changedRules(parts.folder);
  const load = async (path: string): Promise<RuleSet> => {
    const loaded = await loadRules([path], featureset);
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
    return loaded.ruleSet;
  };
  const [before, after, one] = [await load(SHIPPED), await load(changed), await load(join(changed, CHANGED))];
  const config = configSchema.parse({ data: parts.folder });
  const io: CommandIo = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    hasColours: false,
    errorsHaveColours: false,
    showsProgress: false,
  };
  const sourceOf = (from?: readonly string[]) =>
    openSource({ command: 'bench', config, range: {}, featureset }, from);
  const replay = async (ruleSet: RuleSet, from?: readonly string[]): Promise<number> => {
    const side = createReplaySide(ruleSet, config);
    const parts = { command: 'rules replay', source: await sourceOf(from), io };
    await replayHistory(parts, (opened, row) => {
      side.judge(opened, row);
    });
    return side.report({ until: UNTIL, late: [] }).any.flags;
  };
  const diff = async (from?: readonly string[]): Promise<number> => {
    const source = await sourceOf(from);
    const told = await replayDiff({ before, after, config, source, until: UNTIL, io });
    return told.changed.length;
  };
  const file = join(parts.folder, 'history.parquet');
  const exported = await exportTo(file, { ...io, env: { TELLTALE_DATA: parts.folder } });
  const works: Work[] = [
    { what: 'the shipped rules', rules: before.rules.length, work: (from) => replay(before, from) },
    { what: 'one changed rule', rules: one.rules.length, work: (from) => replay(one, from) },
    {
      what: 'both sets, as diff',
      rules: before.rules.length + after.rules.length,
      work: diff,
    },
  ];
  const results: HeldRules[] = [];
  for (const work of works) {
    const store = await measure(parts, work);
    const parquet = await measure(parts, { ...work, work: () => work.work([file]) });
    if (parquet.exchanges !== store.exchanges) {
      throw new Error(
        `${work.what}: ${parquet.exchanges} exchanges of Parquet, ${store.exchanges} of the store`,
      );
    }
    const { first_seconds, seconds, cpu_seconds, us_per_token } = parquet;
    const cpu_of_store = cpu_seconds / store.cpu_seconds;
    results.push({ ...store, parquet: { first_seconds, seconds, cpu_seconds, us_per_token, cpu_of_store } });
  }
  return { exported, results };
}

/** What it takes to write the history as Parquet, by `telltale rules export`. */
async function exportTo(file: string, io: CommandIo): Promise<ExportedHistory> {
  const [startedMs, started] = [performance.now(), cpuMs()];
  const code = await runCommandLine(COMMANDS, ['rules', 'export', file, '--json'], io);
  if (code !== 0) throw new Error(`rules export ended with ${code}`);
  return {
    seconds: (performance.now() - startedMs) / 1000,
    cpu_seconds: (cpuMs() - started) / 1000,
    megabytes: statSync(file).size / 1e6,
  };
}

/** The shipped rules with one threshold that is rarer. */
function changedRules(folder: string): string {
  const copied = join(folder, 'changed');
  cpSync(SHIPPED, copied, { recursive: true });
  const file = join(copied, CHANGED);
  const text = readFileSync(file, 'utf8');
  const rarer = text.replace(/rarer_than: 1\/\d+/, 'rarer_than: 1/500');
  if (rarer === text) throw new Error(`${CHANGED} has no rate of this kind to change`);
  writeFileSync(file, rarer);
  return copied;
}

interface Work {
  readonly what: string;
  readonly rules: number;
  readonly work: (from?: readonly string[]) => Promise<number>;
}

async function measure(
  { tokens, readerUs, rounds }: HoldParts,
  { what, rules, work }: Work,
): Promise<Omit<HeldRules, 'parquet'>> {
  const times: { readonly seconds: number; readonly cpu: number }[] = [];
  let exchanges = 0;
  for (let round = 0; round <= rounds; round++) {
    const [startedMs, started] = [performance.now(), cpuMs()];
    exchanges = await work();
    times.push({ seconds: (performance.now() - startedMs) / 1000, cpu: (cpuMs() - started) / 1000 });
  }
  const [first, ...warm] = times;
  const cpu = median(warm.map((time) => time.cpu));
  const us = (1e6 * cpu) / tokens;
  return {
    what,
    rules,
    exchanges,
    first_seconds: first?.seconds ?? 0,
    seconds: median(warm.map(({ seconds }) => seconds)),
    cpu_seconds: cpu,
    us_per_token: us,
    of_reader: us / readerUs,
  };
}
