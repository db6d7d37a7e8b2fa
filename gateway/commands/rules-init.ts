import { writeFile } from 'node:fs/promises';
import type { Role } from '../../detectors/index.ts';
import { type Proposal, proposeRule } from '../../rules/index.ts';
import { checkFree, IS_THERE } from './check-folder.ts';
import {
  type Call,
  CommandFailure,
  type CommandIo,
  defineCommand,
  UsageError,
  writeJson,
} from './command.ts';
import { readExamples } from './init-examples.ts';
import { openDetector } from './open-detector.ts';
import { ROLE_NAMES, roleNamed } from './roles.ts';
import { formatTable } from './table.ts';
import { tellProblems } from './tell-problems.ts';

const MAX_SIGNALS = 3;
const RATE = /^1\/([1-9]\d{0,7})$/;

const options = {
  wanted: { type: 'string' },
  unwanted: { type: 'string' },
  role: { type: 'string', default: 'user' },
  rate: { type: 'string', default: '1/200' },
  out: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `telltale rules init`: a first rule from examples. */
export const rulesInitCommand = defineCommand({
  name: 'rules init',
  summary: 'Propose a rule, with its threshold and tests, from examples of wanted and unwanted text',
  usage: 'NAME --wanted FILE --unwanted FILE [--role ROLE] [--rate 1/N] [--out FILE] [--json]',
  details: `
NAME             of the rule: words in lower case joined by hyphens
--wanted FILE    texts that the rule is to find, one a line; a line that begins with " is a JSON string
--unwanted FILE  texts that it is to leave alone, the nearer to the others the better
--role ROLE      who says them: ${ROLE_NAMES}; default user
--rate 1/N       at most one in N ordinary segments may be found, by the calibration; default 1/200
--out FILE       where the rule file goes; default NAME.yaml. A file that is there is never overwritten

Scores the examples with the reader and chooses the one to ${MAX_SIGNALS} concepts or single features that find most wanted
examples beyond the unwanted ones that they find too; several share the rate, and of equals a concept goes first. Features
whose calibration does not carry the rate are left out. Writes a rule in mode shadow with the examples as its tests; those
that the rule gets wrong are marked known: they show what it cannot do yet. The counts are of the very examples that it was
chosen by, among hundreds of signals: it says how often a choice does as well where wanted and unwanted are shuffled, and
rules backtest measures the rule on others. Exit code 1 where nothing tells the examples apart.`,
  options,
  maxPositionals: 1,
  run: init,
});

async function init({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [name] = positionals;
  const { wanted, unwanted, out = `${name}.yaml` } = values;
  if (name === undefined || wanted === undefined || unwanted === undefined) {
    throw new UsageError('rules init: a name, --wanted FILE and --unwanted FILE are needed');
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new UsageError(`rules init: ${name}: a name is words in lower case joined by hyphens`);
  }
  const { role, oneIn } = checked(values.role, values.rate);
  const { repeated, ...examples } = await readExamples({ wanted, unwanted });
  if (repeated > 0) io.stderr.write(`telltale: rules init: ${countOnce(repeated)}\n`);
  // Before the examples are scored, which takes a while.
  await checkFree(`rules init: ${out}`, out);
  const { detector } = await openDetector(io.env);
  try {
    const result = await proposeRule(detector, { name, role, oneIn, maxSignals: MAX_SIGNALS, ...examples });
    if (!result.ok) {
      const message = `rules init: ${result.message}`;
      tellProblems(result.problems, { io, isJson: values.json === true, message });
      return 1;
    }
    await write(out, result.proposal.text);
    report(out, result.proposal, { io, isJson: values.json === true });
    return 0;
  } finally {
    await detector.close();
  }
}

function countOnce(repeated: number): string {
  return repeated === 1
    ? '1 text was given before and counts once'
    : `${repeated} texts were given before and count once`;
}

function checked(roleName: string, rate: string): { readonly role: Role; readonly oneIn: number } {
  const role = roleNamed(roleName, 'rules init');
  const oneIn = Number(RATE.exec(rate)?.[1]);
  if (!(oneIn > 1)) throw new UsageError(`rules init: --rate ${rate}: must be a rate such as 1/200`);
  return { role, oneIn };
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EEXIST' ? IS_THERE : cause.message;
    throw new CommandFailure(`rules init: ${file}: ${why}`, { cause });
  });
}

function report(
  file: string,
  proposal: Proposal,
  { io, isJson }: { readonly io: CommandIo; readonly isJson: boolean },
): void {
  const { text: _, ...told } = proposal;
  if (isJson) {
    writeJson(io, { file, ...told });
    return;
  }
  const { signals, wanted, unwanted, misses, falseAlarms, warning } = proposal;
  const rows = signals.map(({ signal, rate, threshold, auroc }) => [
    signal,
    rate,
    threshold.toFixed(3),
    auroc.toFixed(3),
  ]);
  io.stdout.write(formatTable([['signal', 'rarer than', 'threshold', 'AUROC'], ...rows]));
  for (const { signal, label } of signals) if (label !== null) io.stdout.write(`${signal}: ${label}\n`);
  io.stdout.write(
    `${file}: fires on ${wanted - misses} of ${wanted} wanted and ${falseAlarms} of ${unwanted} unwanted examples; mode shadow\n`,
  );
  io.stdout.write(`${warning}\n`);
}
