import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openFeatureset } from '../../detectors/index.ts';
import type { CommandIo } from '../../gateway/commands/command.ts';
import { replayDiff } from '../../gateway/commands/replay-diff.ts';
import { replayHistory } from '../../gateway/commands/replay-history.ts';
import { createReplaySide } from '../../gateway/commands/replay-side.ts';
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

/** Holds the shipped rules, one changed rule and both sets against each other, by the functions of `telltale rules replay`
 *  and `rules diff --replay`. */
export async function holdRules(parts: HoldParts): Promise<HeldRules[]> {
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
  const history = { dataDir: parts.folder, range: {}, featureset, io };
  const replay = async (ruleSet: RuleSet): Promise<number> => {
    const side = createReplaySide(ruleSet, { config, reviewed: { exchanges: new Map(), late: [] } });
    await replayHistory({ ...history, command: 'rules replay' }, (opened, row) => {
      side.judge(opened, row);
    });
    return side.report(UNTIL).any.flags;
  };
  const diff = async (): Promise<number> => {
    const told = await replayDiff({ ...history, before, after, config, until: UNTIL });
    return told.changed.length;
  };
  const count = ({ rules }: RuleSet) => rules.length;
  return [
    await measure(parts, { what: 'the shipped rules', rules: count(before), work: () => replay(before) }),
    await measure(parts, { what: 'one changed rule', rules: count(one), work: () => replay(one) }),
    await measure(parts, { what: 'both sets, as diff', rules: count(before) + count(after), work: diff }),
  ];
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
  readonly work: () => Promise<number>;
}

async function measure(
  { tokens, readerUs, rounds }: HoldParts,
  { what, rules, work }: Work,
): Promise<HeldRules> {
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
