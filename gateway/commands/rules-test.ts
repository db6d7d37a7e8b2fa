import { writeFile } from 'node:fs/promises';
import { formatTestReport, junitText, type TestReport, testRules } from '../../rules/index.ts';
import { checkFolder } from './check-folder.ts';
import { type Call, CommandFailure, defineCommand, writeJson } from './command.ts';
import { openDetector } from './open-detector.ts';
import { rulePaths } from './rule-paths.ts';
import { showTestProgress } from './test-progress.ts';

const MAX_PATHS = 1_000;
const options = { json: { type: 'boolean' }, junit: { type: 'string' } } as const;

/** `telltale rules test`: runs the tests beside the rules with the real reader. */
export const rulesTestCommand = defineCommand({
  name: 'rules test',
  summary: 'Run the tests that stand beside the rules, with the real reader',
  usage: '[PATH …] [--junit FILE] [--json]',
  details: `
PATH          files or folders; default the folder of TELLTALE_RULES, else the shipped rules
--junit FILE  also write the outcome there as JUnit XML, for a build server

A test reads a text, a conversation, made-up values of signals ("0x4 5x8 0x4") or recorded activations, and may say where
the finding must be. Tests of correlations play findings at made-up times and say when the correlation fires, those of a rule's alert which of
its findings become alerts. Exit code 1 where a test fails or the rules do not load; what is wrong goes to standard error
as file:line:column.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runTests,
});

async function runTests({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const paths = rulePaths(positionals, io.env);
  if (values.junit !== undefined) await checkFolder(`rules test: --junit ${values.junit}`, values.junit);
  const { detector } = await openDetector(io.env);
  const progress = showTestProgress(io, 'rules test');
  try {
    const report = await testRules(paths, detector, progress.show).finally(progress.clear);
    if (values.junit !== undefined) await writeJunit(values.junit, report);
    const text = formatTestReport(report, { isColoured: report.ok ? io.hasColours : io.errorsHaveColours });
    if (!report.ok) io.stderr.write(text);
    else if (!values.json) io.stdout.write(text);
    if (values.json) writeJson(io, report);
    return report.ok ? 0 : 1;
  } finally {
    await detector.close();
  }
}

async function writeJunit(file: string, report: TestReport): Promise<void> {
  await writeFile(file, junitText(report)).catch((cause: Error) => {
    throw new CommandFailure(`rules test: --junit ${file}: cannot be written: ${cause.message}`, { cause });
  });
}
