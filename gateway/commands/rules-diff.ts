import { styleText } from 'node:util';
import { diffRules, formatProblems, type RuleChange, type RuleDiff } from '../../rules/index.ts';
import { type Call, type CommandIo, defineCommand, UsageError, writeJson } from './command.ts';
import { openDetector } from './open-detector.ts';

/** 1 says that the sets differ, so what keeps that from being told is 2. */
const CANNOT_TELL = 2;

const options = { json: { type: 'boolean' } } as const;

/** `telltale rules diff`: what a change of rule files means. */
export const rulesDiffCommand = defineCommand({
  name: 'rules diff',
  summary: 'Show what two sets of rules mean differently, and which version step that asks for',
  usage: 'BEFORE AFTER [--json]',
  details: `
BEFORE, AFTER  a file or a folder of rules each

Compares meaning, not lines: rules by their id, conditions as they are compiled, thresholds with the rate that they stand
for. Suggests a step of the rules' version: major where what is done with traffic may change, or a rule, its name or its
target is gone; minor where what is found may change; patch where neither. A rule whose meaning changed while its version
did not rise is named. Exit code 0: they mean the same, 1: they differ, 2: that cannot be told.`,
  options,
  maxPositionals: 2,
  run: runDiff,
});

async function runDiff({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [before, after] = positionals;
  if (before === undefined || after === undefined) {
    throw new UsageError('rules diff: two files or folders are needed, the rules before and after');
  }
  const { detector } = await openDetector(io.env, 1);
  try {
    const result = await diffRules([before], [after], detector.featureset);
    if (!result.ok) {
      io.stderr.write(formatProblems(result.problems, { isColoured: io.hasColours }));
      return CANNOT_TELL;
    }
    if (values.json) writeJson(io, result.diff);
    else io.stdout.write(describe(result.diff, io));
    return result.diff.suggests === null ? 0 : 1;
  } finally {
    await detector.close();
  }
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
