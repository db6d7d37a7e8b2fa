import { checkRules, formatProblems } from '../../rules/index.ts';
import { type Call, defineCommand, writeJson } from './command.ts';
import { openDetector } from './open-detector.ts';
import { rulePaths } from './rule-paths.ts';

const MAX_PATHS = 1_000;
const options = { json: { type: 'boolean' } } as const;

/** `telltale rules check`: what the gateway would say of these rule files. */
export const rulesCheckCommand = defineCommand({
  name: 'rules check',
  summary: 'Check rule files: every error and warning with its place',
  usage: '[PATH …] [--json]',
  details: `
Paths are files or folders; default the folder of TELLTALE_RULES, else the shipped rules. Problems go to standard error
as file:line:column with the line itself. Exit code 1 where one of them is an error.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runCheck,
});

async function runCheck({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const paths = rulePaths(positionals, io.env);
  const { detector } = await openDetector(io.env, 1);
  try {
    const result = await checkRules(paths, detector.featureset);
    io.stderr.write(formatProblems(result.problems, { isColoured: io.errorsHaveColours }));
    if (values.json) writeJson(io, result);
    else if (result.ok)
      io.stdout.write(
        `${result.rules.length} ${result.rules.length === 1 ? 'rule is' : 'rules are'} right\n`,
      );
    return result.ok ? 0 : 1;
  } finally {
    await detector.close();
  }
}
