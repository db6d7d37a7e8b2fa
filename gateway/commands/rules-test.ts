import { formatTestReport, testRules } from '../../rules/index.ts';
import { type Call, defineCommand, writeJson } from './command.ts';
import { openDetector } from './open-detector.ts';
import { rulePaths } from './rule-paths.ts';

const MAX_PATHS = 1_000;
const options = { json: { type: 'boolean' } } as const;

/** `telltale rules test`: runs the tests beside the rules with the real reader. */
export const rulesTestCommand = defineCommand({
  name: 'rules test',
  summary: 'Run the tests that stand beside the rules, with the real reader',
  usage: '[PATH …] [--json]',
  details: `
Paths are files or folders; default the folder of TELLTALE_RULES, else the shipped rules. Exit code 1 where a test fails
or the rules do not load; what is wrong goes to standard error as file:line:column.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runTests,
});

async function runTests({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const paths = rulePaths(positionals, io.env);
  const { detector } = await openDetector(io.env);
  try {
    const report = await testRules(paths, detector, (done, total) => {
      if (io.showsProgress) io.stderr.write(`\r\x1b[Krules test: ${done} of ${total}`);
    });
    if (io.showsProgress) io.stderr.write('\r\x1b[K');
    const text = formatTestReport(report, { isColoured: io.hasColours });
    if (!report.ok) io.stderr.write(text);
    else if (!values.json) io.stdout.write(text);
    if (values.json) writeJson(io, report);
    return report.ok ? 0 : 1;
  } finally {
    await detector.close();
  }
}
