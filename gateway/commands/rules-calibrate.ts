import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Detector } from '../../detectors/index.ts';
import {
  CALIBRATION_SUFFIX,
  type CalibrationLearner,
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
import { checkFolder } from './check-folder.ts';
import {
  type Call,
  CommandFailure,
  type CommandIo,
  defineCommand,
  UsageError,
  writeJson,
} from './command.ts';
import { type EvalRow, readEvalRows } from './eval-rows.ts';
import { mapRows } from './map-rows.ts';
import { openDetector } from './open-detector.ts';
import { replaceFile } from './replace-file.ts';
import { rulePaths } from './rule-paths.ts';
import { formatTable } from './table.ts';
import { tellProblems } from './tell-problems.ts';

const MAX_PATHS = 1_000;
/** Nobody waits: better late than refused. */
const TIMEOUT_MS = 600_000;

const options = { out: { type: 'string' }, traffic: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `telltale rules calibrate`: learns from a team's own ordinary traffic what `rarer_than` stands for. */
export const rulesCalibrateCommand = defineCommand({
  name: 'rules calibrate',
  summary: 'Learn from your own ordinary traffic what false-alarm rates stand for',
  usage: 'TRAFFIC.jsonl [PATH …] [--out FILE] [--traffic TEXT] [--json]',
  details: `
TRAFFIC.jsonl   rows as of eval, labels not needed: {"text"} or {"messages"}, optional "role" and "route" (as rules call it,
                such as /v1/chat/completions); ordinary traffic, as it comes
PATH            files or folders of rules; default the folder of TELLTALE_RULES, else the shipped rules
--out FILE      where the calibration goes; default traffic${CALIBRATION_SUFFIX} in the one folder that PATH names
--traffic TEXT  what the traffic was, for people; default the file's name and its size

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
  const [traffic, ...named] = positionals;
  if (traffic === undefined) throw new UsageError('rules calibrate: a file of ordinary traffic is needed');
  const paths = rulePaths(named, io.env);
  const file = values.out ?? (await besideRules(named));
  if (!file.endsWith(CALIBRATION_SUFFIX)) {
    throw new UsageError(`rules calibrate: --out ${file}: must end with ${CALIBRATION_SUFFIX}`);
  }
  await checkFolder(`rules calibrate: ${file}`, file);
  const rows = await readEvalRows(traffic);
  const { detector } = await openDetector(io.env);
  try {
    const { featureset } = detector;
    const isJson = values.json === true;
    const loaded = await loadToLearn(paths, featureset);
    if (!loaded.ok) {
      const message = 'nothing learned: the rules have errors that no calibration mends';
      tellProblems(loaded.problems, { io, isJson, message });
      return 1;
    }
    const learner = createCalibrationLearner(learnable(featureset, loaded.ruleSet));
    await learn(learner, { rows, detector, io });
    if (learner.segments() === 0) throw new CommandFailure(`${traffic}: no segment has tokens`);
    const calibration = learner.finish({
      featureset: featureset.digest,
      traffic: values.traffic ?? `${basename(traffic)}, ${rows.length} rows`,
      created: new Date().toISOString(),
    });
    const tried = await tryCalibration(paths, { file, calibration }, featureset);
    if (!tried.ok) {
      const message = `nothing written: the rules would not load with ${learner.segments()} segments`;
      tellProblems(tried.problems, { io, isJson, message });
      return 1;
    }
    await replaceFile(file, calibrationText(calibration));
    const { ruleSet } = tried;
    const routes = { uses: routeUses(ruleSet, learner, calibration), leftOut: learner.leftOut() };
    report({ file, calibration, ruleSet, routes }, { io, isJson });
    return 0;
  } finally {
    await detector.close();
  }
}

async function besideRules(named: readonly string[]): Promise<string> {
  const [folder, ...others] = named;
  const isFolder = folder !== undefined && (await stat(folder).catch(() => null))?.isDirectory() === true;
  if (isFolder && others.length === 0) return join(folder, `traffic${CALIBRATION_SUFFIX}`);
  throw new UsageError('rules calibrate: --out is needed where the rules are not one folder');
}

interface Work {
  readonly rows: readonly EvalRow[];
  readonly detector: Detector;
  readonly io: CommandIo;
}

async function learn(learner: CalibrationLearner, { rows, detector, io }: Work): Promise<void> {
  const { signals } = learner;
  const work = async ({ segments, route }: EvalRow): Promise<number> => {
    let tokens = 0;
    for (const { role, text } of segments) {
      const scorer = detector.createScorer({ role, signals, priority: 'observe', timeoutMs: TIMEOUT_MS });
      const activations = await scorer.end(text);
      learner.add(role, activations, route);
      tokens += activations.tokens.length;
    }
    return tokens;
  };
  await mapRows({ name: 'rules calibrate', rows, detector, io, work, tokensOf: (tokens) => tokens });
}

interface Learnt extends NewCalibration {
  readonly ruleSet: RuleSet;
  readonly routes: { readonly uses: readonly RouteUse[]; readonly leftOut: number };
}

function report(
  { file, calibration, ruleSet, routes }: Learnt,
  { io, isJson }: { readonly io: CommandIo; readonly isJson: boolean },
): void {
  const { segments, traffic, curves } = calibration;
  const rules = ruleSet.rules.length;
  if (isJson) {
    writeJson(io, { file, traffic, segments, rules, routes, curves: curves.map(withoutScores) });
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
