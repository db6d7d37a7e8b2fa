import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CALIBRATION_SUFFIX,
  calibrationText,
  createCalibrationLearner,
  learnable,
  loadToLearn,
  type NewCalibration,
  type OwnCalibration,
  type RouteUse,
  type RuleSet,
  routeUses,
  tryCalibration,
} from '../../rules/index.ts';
import {
  type LearntTraffic,
  leftOutLines,
  type TrafficSource,
  trafficKept,
  trafficOfFile,
} from './calibrate-sources.ts';
import { checkFolder } from './check-folder.ts';
import {
  type Call,
  CommandFailure,
  type CommandIo,
  defineCommand,
  UsageError,
  writeJson,
} from './command.ts';
import { replaceFile } from './replace-file.ts';
import { rulePaths } from './rule-paths.ts';
import { formatTable } from './table.ts';
import { tellProblems } from './tell-problems.ts';
import { type EndedRange, timeRange } from './time-range.ts';

const MAX_PATHS = 1_000;
const options = {
  kept: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  out: { type: 'string' },
  traffic: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `telltale rules calibrate`: learns from a team's own ordinary traffic what `rarer_than` stands for. */
export const rulesCalibrateCommand = defineCommand({
  name: 'rules calibrate',
  summary: 'Learn from your own ordinary traffic what false-alarm rates stand for',
  usage:
    'TRAFFIC.jsonl [PATH …] | --kept [--since 7d] [--until TIME] [PATH …]  [--out FILE] [--traffic TEXT] [--json]',
  details: `
TRAFFIC.jsonl   rows as of eval, labels not needed: {"text"} or {"messages"}, optional "role" and "route" (as rules call it,
                such as /v1/chat/completions); ordinary traffic, as it comes
--kept          in place of a file: what the gateway kept of its exchanges (TELLTALE_DATA), without text and reader
--since TIME, --until TIME  which of them, as of rules replay
PATH            files or folders of rules; default the folder of TELLTALE_RULES, else the shipped rules
--out FILE      where the calibration goes; default traffic${CALIBRATION_SUFFIX} in the one folder that PATH names
--traffic TEXT  what the traffic was, for people; default the file's name and its size, or which
                exchanges they were

Each text counts as it stands, once for a role and a route, however often it comes: clients send it again with each turn. Of
kept exchanges those that a reviewer confirmed are left out, since they are not ordinary.

Every segment is scored as the gateway would; rules that are loaded together with the file look their rates up in it, for
all signals that it holds. Learned are all concepts, and what the rules state a rate of, though the featureset have no
calibration of it: any feature, a sum, a count, a moving average, the difference of two signals. Where the sample cannot carry a rate that a rule asks for, nothing is written: the errors say
how many segments are missing, and the exit code is 1. A route with segments enough of the role that a rule reads gives
that rule a threshold of its own there; on the others the threshold is that of all routes, and how many more segments are
needed is said.`,
  options,
  maxPositionals: 1 + MAX_PATHS,
  run: calibrate,
});

async function calibrate({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [traffic, named] = trafficAndRules(values, positionals);
  const range = rangeOf(values);
  const paths = rulePaths(named, io.env);
  const file = values.out ?? (await besideRules(named));
  if (!file.endsWith(CALIBRATION_SUFFIX)) {
    throw new UsageError(`rules calibrate: --out ${file}: must end with ${CALIBRATION_SUFFIX}`);
  }
  await checkFolder(`rules calibrate: ${file}`, file);
  const source = range === null ? await trafficOfFile(traffic, io) : await trafficKept(range, io);
  const about = { file, paths, ...(values.traffic !== undefined && { traffic: values.traffic }) };
  try {
    return await learn(source, about, { io, isJson: values.json === true });
  } finally {
    await source.close();
  }
}

/** The file of traffic, empty where none is read, and the rules. */
function trafficAndRules(
  { kept }: Call<typeof options>['values'],
  positionals: readonly string[],
): [traffic: string, named: readonly string[]] {
  const [traffic, ...named] = positionals;
  if (kept === true) {
    if (traffic?.endsWith('.jsonl') !== true) return ['', positionals];
    throw new UsageError(`rules calibrate: ${traffic}: a file of traffic does not go with --kept`);
  }
  if (traffic !== undefined) return [traffic, named];
  throw new UsageError(
    'rules calibrate: a file of ordinary traffic is needed, or --kept for what the gateway has kept',
  );
}

/** null where a file is read. */
function rangeOf({ kept, since, until }: Call<typeof options>['values']): EndedRange | null {
  if (kept === true) return timeRange('rules calibrate', { since, until }, new Date());
  if (since === undefined && until === undefined) return null;
  throw new UsageError('rules calibrate: --since and --until are for --kept');
}

interface ToLearn {
  readonly file: string;
  readonly paths: readonly string[];
  readonly traffic?: string;
}

interface Output {
  readonly io: CommandIo;
  readonly isJson: boolean;
}

async function learn(source: TrafficSource, { file, paths, traffic }: ToLearn, output: Output) {
  const { featureset } = source;
  const loaded = await loadToLearn(paths, featureset);
  if (!loaded.ok) {
    const message = 'nothing learned: the rules have errors that no calibration mends';
    tellProblems(loaded.problems, { ...output, message });
    return 1;
  }
  const learner = createCalibrationLearner(learnable(featureset, loaded.ruleSet));
  const learnt = await source.learn(learner);
  const calibration = learner.finish({
    featureset: featureset.digest,
    traffic: traffic ?? learnt.traffic,
    created: new Date().toISOString(),
  });
  const tried = await tryCalibration(paths, { file, calibration }, featureset);
  if (!tried.ok) {
    const message = `nothing written: the rules would not load with ${learner.segments()} segments`;
    tellProblems(tried.problems, { ...output, message });
    return 1;
  }
  await replaceFile(file, calibrationText(calibration));
  const { ruleSet } = tried;
  const routes = { uses: routeUses(ruleSet, learner, calibration), leftOut: learner.leftOut() };
  report({ file, calibration, ruleSet, routes, leftOut: learnt.leftOut }, output);
  return 0;
}

async function besideRules(named: readonly string[]): Promise<string> {
  const [folder, ...others] = named;
  const isOne = folder !== undefined && others.length === 0;
  if (isOne && (await isFolder(folder))) return join(folder, `traffic${CALIBRATION_SUFFIX}`);
  throw new UsageError('rules calibrate: --out is needed where the rules are not one folder');
}

/** @throws {CommandFailure} where that cannot be told, since nothing is there */
async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause: Error) => {
    throw new CommandFailure(`rules calibrate: ${path}: ${cause.message}`, { cause });
  });
  return found.isDirectory();
}

interface Learnt extends NewCalibration {
  readonly ruleSet: RuleSet;
  readonly routes: { readonly uses: readonly RouteUse[]; readonly leftOut: number };
  readonly leftOut: LearntTraffic['leftOut'];
}

function report({ file, calibration, ruleSet, routes, leftOut }: Learnt, { io, isJson }: Output): void {
  const { segments, traffic, curves } = calibration;
  const rules = ruleSet.rules.length;
  if (isJson) {
    const about = { file, traffic, segments, rules, routes };
    writeJson(io, { ...about, leftOut, curves: curves.map(withoutScores) });
    return;
  }
  const rows = curves
    .filter(({ role, route }) => role === null && route === null)
    .map(({ signal, minus, aggregate, segments: sample, ranks, values }) => {
      const at = ranks.findLastIndex((rank) => rank <= Math.max(1, sample / 100));
      const rarest = sample >= 10 ? `1/${Math.floor(sample / 5)}` : '-';
      const read = minus === undefined ? signal : `${signal} minus ${minus}`;
      return [read, aggregate.kind, String(sample), rarest, (values[at] ?? 0).toFixed(3)];
    });
  const head = ['signal', 'aggregate', 'segments', 'rarest rate', 'highest 1 %'];
  io.stdout.write(formatTable([head, ...rows]));
  writeRoutes(routes, io);
  for (const line of leftOutLines(leftOut)) io.stdout.write(`${line}\n`);
  io.stdout.write(
    `${file}: ${segments} segments (${traffic}); ${rules === 1 ? '1 rule loads' : `${rules} rules load`} with it\n`,
  );
}

/** Which threshold each rule has on each route, and what would give it its own. */
function writeRoutes({ uses, leftOut }: Learnt['routes'], { stdout }: CommandIo): void {
  if (uses.length === 0) return;
  const rows = uses.map(({ rule, condition, rate, route, role, segments, used, missing }) => {
    const whose = { route: 'of the route', role: `of all routes, ${role} alone`, all: 'of all routes' }[used];
    const wanted = missing === 0 ? '' : `${missing} more of ${role ?? 'any role'} for its own`;
    return [rule, condition, `1/${Math.round(1 / rate)}`, route, String(segments), whose, wanted];
  });
  const head = ['rule', 'condition', 'rate', 'route', 'segments', 'threshold', ''];
  stdout.write(`\n${formatTable([head, ...rows])}\n`);
  if (leftOut > 0) {
    stdout.write(`${leftOut} segments are of further routes, which count for all routes alone\n`);
  }
}

function withoutScores({ ranks: _ranks, values: _values, ...about }: OwnCalibration['curves'][number]) {
  return about;
}
