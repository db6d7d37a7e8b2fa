import { whatHappened } from './format-tests.ts';
import type { TestReport, TestResult } from './run-tests.ts';

/** A test report as JUnit XML: a suite for each rule, a case for each test. A failure that is said to be known is
 *  skipped there; rules that do not load are one suite with an error for each problem. It holds to what Jenkins's xUnit
 *  plugin validates (junit-10.xsd), which knows no line of a case: the file is the case's class, the place the text of what
 *  failed. */
export function junitText({ results, problems, ok }: TestReport): string {
  const suites = [...Map.groupBy(results, ({ ruleName }) => ruleName)].map(([name, tests]) =>
    suite(name, tests),
  );
  const broken = ok ? [] : problems.filter(({ severity }) => severity === 'error');
  if (broken.length > 0) {
    const cases = broken.map(({ file, line, column, message }) =>
      testCase({
        file,
        name: `${file}:${line}:${column}`,
        inner: element('error', `${file}:${line}:${column}`, { message }),
      }),
    );
    const counts = { tests: cases.length, failures: 0, errors: cases.length, skipped: 0 };
    suites.push(element('testsuite', cases, { name: 'rules', ...counts }));
  }
  const count = (outcome: TestResult['outcome']) => countOf(results, outcome);
  const totals = {
    name: 'telltale rules test',
    tests: results.length + broken.length,
    failures: count('fail'),
    errors: count('error') + broken.length,
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', suites, totals).xml}\n`;
}

function countOf(results: readonly TestResult[], outcome: TestResult['outcome']): number {
  return results.filter((one) => one.outcome === outcome).length;
}

function suite(name: string, results: readonly TestResult[]): Xml {
  const count = (outcome: TestResult['outcome']) => countOf(results, outcome);
  const counts = {
    tests: results.length,
    failures: count('fail'),
    errors: count('error'),
    skipped: count('known'),
  };
  const names = apart(results.map(({ test }) => test));
  const cases = results.map((result, i) => {
    const name = names[i] ?? result.test;
    return testCase({ file: result.file, name, inner: innerOf(result) });
  });
  return element('testsuite', cases, { name, ...counts });
}

/** Build servers keep one case of each name: of texts that begin alike the second is told as `… (2)`. */
function apart(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  const given = new Set(names);
  return names.map((name) => {
    let count = (seen.get(name) ?? 0) + 1;
    while (count > 1 && given.has(`${name} (${count})`)) count += 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

function innerOf(result: TestResult): Xml | null {
  switch (result.outcome) {
    case 'pass':
    case 'improved':
      return null;
    case 'known':
      return element('skipped', [], { message: `known: ${whatHappened(result)}` });
    case 'fail':
      return element('failure', placeOf(result), { message: whatHappened(result) });
    case 'error':
      return element('error', placeOf(result), { message: result.message });
  }
}

function placeOf({ file, line, column }: TestResult): string {
  return `${file}:${line}:${column}`;
}

interface Case {
  readonly file: string;
  readonly name: string;
  readonly inner: Xml | null;
}

function testCase({ file, name, inner }: Case): Xml {
  return element('testcase', inner === null ? [] : [inner], { name, classname: file });
}

/** Escaped already. */
type Xml = { readonly xml: string };

function element(
  name: string,
  content: string | readonly Xml[],
  attributes: Readonly<Record<string, string | number>> = {},
): Xml {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const inner = typeof content === 'string' ? escapeXml(content) : content.map(({ xml }) => xml).join('\n');
  const head = `${name}${given.join('')}`;
  const xml =
    inner === ''
      ? `<${head}/>`
      : `<${head}>${typeof content === 'string' ? inner : `\n${inner}\n`}</${name}>`;
  return { xml };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Text for an XML 1.0 attribute; what such a document cannot hold becomes U+FFFD. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\n\t\r]/g, (character) => ENTITIES[character] ?? character);
}
