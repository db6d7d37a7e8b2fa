import { styleText } from 'node:util';
import { type FormatOptions, formatProblems } from './format-problems.ts';
import { alertTimes, type TestOutcome, type TestReport, type TestResult } from './run-tests.ts';

type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<TestOutcome, Style>> = {
  pass: 'green',
  fail: 'red',
  known: 'yellow',
  improved: 'cyan',
  error: 'red',
};

/** A test report for people: one line for every test that did not simply pass, then the counts per rule and in all. */
export function formatTestReport(report: TestReport, options: FormatOptions = {}): string {
  const paint = (style: Style, text: string) =>
    options.isColoured === true ? styleText(style, text, { validateStream: false }) : text;
  const noted = report.results.filter(({ outcome }) => outcome !== 'pass');
  const lines = noted.map(
    (result) => `${paint(STYLES[result.outcome], result.outcome.padEnd(8))} ${describe(result)}`,
  );
  const rules = Map.groupBy(report.results, ({ ruleName }) => ruleName);
  const perRule = [...rules].map(([name, results]) => {
    const right = results.filter(({ outcome }) => outcome === 'pass' || outcome === 'improved').length;
    return `${name}: ${right} of ${results.length} right`;
  });
  const counts = Object.entries(report.counts).filter(([, count]) => count > 0);
  const total = counts.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'no tests';
  const problems = formatProblems(report.problems, options);
  return [problems, ...lines, ...perRule, total]
    .filter((part) => part !== '')
    .join('\n')
    .concat('\n');
}

function describe(result: TestResult): string {
  const { file, line, column, ruleName, test, message } = result;
  const place = `${file}:${line}:${column}: ${ruleName}: "${test}"`;
  if (message !== '') return `${place}: not scored: ${message}`;
  return `${place}: ${whatHappened(result)}`;
}

/** What was expected, what came, and the values behind it. */
export function whatHappened(result: TestResult): string {
  const { expect, hasFired, measurements, misplaced, spans, firings, alerts } = result;
  if (alerts !== undefined) {
    const was = alertTimes(alerts);
    return `expected ${misplaced === '' ? was : misplaced}, was ${was}`;
  }
  if (firings !== undefined) {
    const wanted = misplaced === '' ? expect : `${expect} ${misplaced}`;
    return `expected ${wanted}, was ${hasFired ? `fire at ${firings.join(', ')}` : 'quiet'}`;
  }
  const values = measurements.map(({ condition, value, threshold }) => {
    return `${condition} ${value === null ? 'no tokens' : value.toFixed(3)} (threshold ${threshold.toFixed(3)})`;
  });
  const places = spans.map(({ firstToken, lastToken, text }) => {
    return `tokens ${firstToken} to ${lastToken}${text === '' ? '' : ` (${JSON.stringify(text)})`}`;
  });
  const was = hasFired ? 'fire' : 'quiet';
  const where = misplaced === '' ? '' : ` ${misplaced}`;
  const there = misplaced === '' ? '' : ` on ${places.join(', ')}`;
  return `expected ${expect}${where}, was ${was}${there}; ${values.join(', ')}`;
}
