import { styleText } from 'node:util';
import { openFeatureset } from '../../detectors/index.ts';
import { diffRules, type RuleChange, type RuleDiff } from '../../rules/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { type Call, type CommandIo, defineCommand, UsageError, writeJson } from './command.ts';
import { openSource } from './open-source.ts';
import { replayDiff } from './replay-diff.ts';
import { describeReplayedDiff } from './replay-diff-report.ts';
import { tellProblems } from './tell-problems.ts';
import { type EndedRange, timeRange } from './time-range.ts';

/** 1 says that the sets differ, so what keeps that from being told is 2. */
const CANNOT_TELL = 2;

const options = {
  replay: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  from: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

/** `telltale rules diff`: what a change of rule files means. */
export const rulesDiffCommand = defineCommand({
  name: 'rules diff',
  summary: 'Show what two sets of rules mean differently, and which version step that asks for',
  usage: 'BEFORE AFTER [--replay [--since 7d] [--until TIME] [--from FILE.parquet …]] [--json]',
  details: `
BEFORE, AFTER  a file or a folder of rules each
--replay       also hold both against the exchanges that the gateway kept, as rules replay does: what each changed rule
               fires on, precision and recall against reviewers before and after, and the exchanges that change
--since TIME, --until TIME  which exchanges, as of rules replay
--from FILE    exchanges of Parquet files in place of those that the gateway keeps, as of rules replay

Compares meaning, not lines: rules by their id, conditions as they are compiled, thresholds with the rate that they stand
for. Suggests a step of the rules' version: major where what is done with traffic may change, or a rule, its name or its
target is gone; minor where what is found may change; patch where neither. A rule whose meaning changed while its version
did not rise is named.`,
  options,
  maxPositionals: 2,
  exitCodes: {
    meaning:
      '0 they mean the same, 1 they differ, 2 that cannot be told, for the command line or the rules are wrong',
    failure: CANNOT_TELL,
  },
  run: runDiff,
});

async function runDiff({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [before, after] = positionals;
  if (before === undefined || after === undefined) {
    throw new UsageError('rules diff: two files or folders are needed, the rules before and after');
  }
  const range = rangeOf(values);
  const config = loadConfig(io.env);
  const featureset = await openFeatureset(modelFolder(config));
  const result = await diffRules([before], [after], featureset);
  if (!result.ok) {
    tellProblems(result.problems, { io, isJson: values.json === true });
    return CANNOT_TELL;
  }
  const { diff, ruleSets } = result;
  const replay = async (ended: EndedRange) => {
    const source = await openSource({ command: 'rules diff', config, range: ended, featureset }, values.from);
    return replayDiff({ ...ruleSets, config, source, until: new Date(ended.until), io });
  };
  const replayed = range === null ? null : await replay(range);
  if (values.json) writeJson(io, replayed === null ? diff : { ...diff, replay: replayed });
  else {
    io.stdout.write(describe(diff, io));
    if (replayed !== null) io.stdout.write(describeReplayedDiff(replayed, config));
  }
  return diff.suggests === null ? 0 : 1;
}

/** null where nothing is to be replayed. */
function rangeOf({ replay, since, until, from }: Call<typeof options>['values']): EndedRange | null {
  if (replay === true) return timeRange('rules diff', { since, until }, new Date());
  if (since === undefined && until === undefined && from === undefined) return null;
  throw new UsageError('rules diff: --since, --until and --from are for --replay');
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const COLOURS = { added: 'green', removed: 'red', changed: 'yellow' } as const;

function describe({ changes, suggests }: RuleDiff, { hasColours }: CommandIo): string {
  if (suggests === null) return 'the rules mean the same\n';
  const head = ({ change, kind, name, weight }: RuleChange) => {
    const text = `${SIGNS[change]} ${kind} ${name}`;
    return `${hasColours ? styleText(COLOURS[change], text, { validateStream: false }) : text}: ${change}, ${weight}\n`;
  };
  const parts = changes.map((change) => {
    const fields = change.fields.map(({ field, before, after, weight }) => {
      return `    ${field}: ${before ?? 'nothing'} -> ${after ?? 'nothing'} (${weight})\n`;
    });
    const version = change.keepsVersion ? '    version: has not risen\n' : '';
    return `${head(change)}${fields.join('')}${version}`;
  });
  return `${parts.join('')}suggested step: ${suggests}\n`;
}
