import { styleText } from 'node:util';
import { type CoverageReport, coverageOf, runRuleTests, type Seen } from '../../rules/index.ts';
import { type Call, type CommandIo, defineCommand, writeJson } from './command.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { openDetector } from './open-detector.ts';
import { formatTable } from './table.ts';
import { showTestProgress } from './test-progress.ts';

const MAX_PATHS = 1_000;
const options = { json: { type: 'boolean' }, strict: { type: 'boolean' } } as const;

/** `telltale rules coverage`: which conditions the tests have seen hold and fail. */
export const rulesCoverageCommand = defineCommand({
  name: 'rules coverage',
  summary: 'Show which rules and conditions the tests have seen true and false',
  usage: '[PATH …] [--strict] [--json]',
  details: `
PATH      files or folders; default the folder of TELLTALE_RULES, else the shipped rules
--strict  exit code 1 where some rule or condition was not seen both ways

Runs the tests beside the rules and counts, for each rule and each condition that its expression names, the tests in which
it held and those in which it did not; whether the tests pass does not matter here. A test that cannot be scored counts
for nothing. Of a correlation it counts the tests in which it fired, and those in which each rule that it names came.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runCoverage,
});

async function runCoverage({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const { detector } = await openDetector(io.env);
  const progress = showTestProgress(io, 'rules coverage');
  try {
    const ruleSet = await loadRuleSet(positionals, detector.featureset, { io, isJson: values.json === true });
    if (ruleSet === null) return 1;
    const report = await runRuleTests(ruleSet, detector, progress.show).finally(progress.clear);
    const coverage = coverageOf(ruleSet, report);
    if (values.json) writeJson(io, coverage);
    else io.stdout.write(describe(coverage, io));
    return values.strict && !coverage.isComplete ? 1 : 0;
  } finally {
    await detector.close();
  }
}

function describe({ rules, seenBothWays, total }: CoverageReport, { hasColours }: CommandIo): string {
  const paint = (text: string) =>
    hasColours && text === '0' ? styleText('red', text, { validateStream: false }) : text;
  const line = (name: string, { whenTrue, whenFalse }: Seen) => [
    name,
    paint(String(whenTrue)),
    paint(String(whenFalse)),
  ];
  const lines = rules.flatMap(({ ruleName, rule, conditions }) => [
    line(ruleName, rule),
    ...conditions.map((condition) => line(`  ${condition.name}`, condition)),
  ]);
  const table = formatTable([['rule and its conditions', 'true in tests', 'false in tests'], ...lines]);
  return `${table}${seenBothWays} of ${total} seen both ways\n`;
}
