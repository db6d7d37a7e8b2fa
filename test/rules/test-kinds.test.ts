import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  coverageOf,
  formatTestReport,
  junitText,
  loadRules,
  recordText,
  runRuleTests,
  testRules,
} from '../../rules/index.ts';
import { featureset } from './featureset.ts';
import { loadTexts, ruleText, shown, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

async function run(t: TestContext, parts: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), ruleText(parts));
  const report = await testRules([directory], wordDetector);
  return { directory, report, text: formatTestReport(report).replaceAll(`${directory}/`, '') };
}

const SUSTAINED = '{deceives: {signal: {concept: deception}, above: 4, for: {tokens: 3, of: 4}}}';

test('made-up values drive a stateful rule, and the finding must be on the tokens named', async (t) => {
  const tests = `
      - {series: {concept/deception: "0x4 5x8 0x4"}, expect: fire, tokens: [4, 6]}
      - {series: {concept/deception: "0x4 5x2 0x4 5x2"}, expect: quiet}
      - {series: {concept/deception: "5 0 5 5"}, expect: fire}
      - {series: {concept/deception: "0x4 5x8"}, expect: fire, tokens: [0, 3]}`;
  const { report, text } = await run(t, { detection: SUSTAINED, tests });
  assert.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ['pass', 'pass', 'pass', 'fail'],
    text,
  );
  assert.match(text, /expected fire on tokens 0 to 3, was fire on tokens 4 to 6/);
});

test('a series of a signal that the rule does not read is an error that names what it reads', async (t) => {
  const tests = '[{series: {concept/decepton: "1"}, expect: quiet}]';
  const { text } = await run(t, { tests });
  assert.match(text, /does not read concept\/decepton; did you mean "concept\/deception"\?/);
});

test('a finding must touch the passage that a test names', async (t) => {
  const tests = `
      - {text: he says a lie today, expect: fire, span: a lie}
      - {text: he says a lie today, expect: fire, span: he says}`;
  const { report, text } = await run(t, { tests });
  assert.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ['pass', 'fail'],
  );
  assert.match(text, /expected fire on "he says", was fire on tokens 3 to 3 \("lie"\)/);
});

test('ok is a text on which the rule must be quiet', async (t) => {
  const tests = `
      - ok: all is well
      - ok: a lie
      - {ok: a lie, known: false_alarm}`;
  const { report } = await run(t, { tests });
  assert.deepEqual(
    report.results.map(({ expect, outcome }) => [expect, outcome]),
    [
      ['quiet', 'pass'],
      ['quiet', 'fail'],
      ['quiet', 'known'],
    ],
  );
});

test('recorded activations are judged as the text was, without the reader', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, ruleText());
  const loaded = await loadRules([directory], featureset);
  assert.ok(loaded.ok);
  const bench = { ruleSet: loaded.ruleSet, detector: wordDetector };
  const recorded = await recordText(bench, { rule: 'deceives', text: 'so I lie' });
  assert.ok(recorded.ok);
  await writeFile(join(directory, 'lie.json'), recorded.recording);
  await writeFile(join(directory, 'other.json'), recorded.recording.replace('feed', 'beef'));
  const tests = `
      - {activations: lie.json, expect: fire, tokens: [2, 2]}
      - {activations: other.json, expect: fire}
      - {activations: gone.json, expect: fire}`;
  await writeFile(file, ruleText({ tests }));
  const unread = {
    ...wordDetector,
    createScorer: () => {
      throw new Error('the reader was asked');
    },
  };
  const { results } = await testRules([directory], unread);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['pass', 'error', 'error'],
  );
  assert.match(results[1]?.message ?? '', /other\.json: was recorded with featureset beef.*record it again/);
  assert.match(results[2]?.message ?? '', /gone\.json: cannot be read: ENOENT/);
  const unknown = await recordText(bench, { rule: 'deceive', text: 'a' });
  assert.match(unknown.ok ? '' : unknown.message, /did you mean "deceives"\?/);
});

test('keys of a test that do not go together are refused', async (t) => {
  const table: [test: string, message: RegExp][] = [
    ['{expect: fire}', /exactly one of text, messages, ok, series, activations/],
    ['{text: a, ok: a, expect: fire}', /exactly one of/],
    ['{text: a}', /must have expect: fire or quiet/],
    ['{ok: a, expect: quiet}', /expect does not go with ok/],
    ['{text: a, expect: fire, span: b}', /span must be a passage of the text/],
    ['{text: a, expect: quiet, span: a}', /span goes with expect: fire/],
    ['{text: a, expect: fire, tokens: [3, 1]}', /tokens must be the first token, then the last/],
    ['{series: {concept/deception: five}, expect: fire}', /values with how often they come/],
    ['{series: {deception: "5"}, expect: fire}', /must be a signal such as/],
    ['{series: {concept/deception: "1x99999999"}, expect: fire}', /more than 100000 tokens/],
    ['{series: {concept/deception: "1x2", feature/7: "1x3"}, expect: fire}', /have 2 and 3 tokens/],
    ['{messages: [{role: user, content: a}], role: user, expect: fire}', /role does not go with messages/],
  ];
  for (const [one, message] of table) {
    const result = await loadTexts(t, [ruleText({ tests: `[${one}]` })]);
    assert.ok(!result.ok, one);
    assert.match(shown(result.problems).join('\n'), message, one);
  }
});

test('JUnit tells each outcome, in well-formed XML whatever the texts hold', async (t) => {
  const tests = `
      - {text: I lie, expect: fire}
      - {text: "a <lie> & \\"more\\" \\u0007", expect: quiet}
      - {text: calm, expect: fire, known: miss}
      - {text: unscorable, expect: quiet}`;
  const { report, directory } = await run(t, { tests });
  const xml = junitText(report).replaceAll(`${directory}/`, '');
  assert.match(xml, /<testsuite name="deceives" tests="4" failures="1" errors="1" skipped="1">/);
  assert.match(xml, /<testcase name="a &lt;lie&gt; &amp; &quot;more&quot; \uFFFD" classname="a.yaml">/);
  assert.match(
    xml,
    /<failure message="expected quiet, was fire; deceives 10.000 \(threshold 4.000\)">a.yaml:16:9</,
  );
  assert.match(xml, /<skipped message="known: expected fire, was quiet/);
  assert.match(xml, /<error message="the reader did not answer"/);
  const broken = await run(t, { level: 'loud' });
  assert.match(
    junitText(broken.report),
    /<testsuite name="rules" tests="1" failures="0" errors="1" skipped="0">[\s\S]*level must be one of/,
  );
  for (const text of [xml, junitText(broken.report)]) assert.deepEqual(notInSchema(text), []);
});

test('JUnit gives every case a name of its own, though texts begin alike', async (t) => {
  const long = 'calm '.repeat(40);
  const tests = `
      - {text: "${long}one", expect: quiet}
      - {text: "${long}two", expect: quiet}
      - {name: again, text: calm, expect: quiet}
      - {name: again (2), text: calm, expect: quiet}
      - {name: again, text: calm, expect: quiet}`;
  const { report } = await run(t, { tests });
  const names = [...junitText(report).matchAll(/<testcase name="([^"]*)"/g)].map(([, name = '']) => name);
  assert.deepEqual(names.slice(2), ['again', 'again (2)', 'again (3)']);
  assert.deepEqual([new Set(names).size, names[1]], [5, `${names[0]} (2)`]);
});

/** By element what junit-10.xsd of Jenkins's xUnit plugin, which refuses anything else, lets it have and asks of it. */
const JUNIT_ATTRIBUTES: Readonly<
  Record<string, { readonly all: readonly string[]; readonly must: readonly string[] }>
> = {
  testsuites: { all: ['name', 'time', 'tests', 'failures', 'errors'], must: [] },
  testsuite: {
    all: [
      'name',
      'tests',
      'failures',
      'errors',
      'group',
      'time',
      'skipped',
      'timestamp',
      'hostname',
      'id',
      'package',
      'file',
    ],
    must: ['name', 'tests', 'failures', 'errors'],
  },
  testcase: { all: ['name', 'time', 'classname', 'group'], must: ['name'] },
  failure: { all: ['type', 'message'], must: [] },
  error: { all: ['type', 'message'], must: [] },
  skipped: { all: ['type', 'message'], must: [] },
};

function notInSchema(xml: string): string[] {
  return [...xml.matchAll(/<(\w+)((?: \w+="[^"]*")*)\/?>/g)].flatMap(
    ([whole, name = '', attributes = '']) => {
      const allowed = JUNIT_ATTRIBUTES[name];
      const given = [...attributes.matchAll(/(\w+)="/g)].map(([, key = '']) => key);
      const isRight =
        given.every((key) => allowed?.all.includes(key)) && allowed?.must.every((key) => given.includes(key));
      return isRight === true ? [] : [whole];
    },
  );
}

test('coverage counts where rules and conditions were seen to hold and to fail', async (t) => {
  const detection = `
      deceives: {signal: {concept: deception}, above: 4}
      sorry: {signal: {feature: 7}, above: 1}
      in_play: {field: route, equals: /play}`;
  const tests = `
      - {text: I lie, expect: fire}
      - {text: I lie and am sorry, expect: quiet}
      - {text: unscorable, expect: quiet}`;
  const condition = 'deceives and not sorry and not in_play';
  const loaded = await loadTexts(t, [ruleText({ detection, condition, tests })]);
  assert.ok(loaded.ok);
  const coverage = coverageOf(loaded.ruleSet, await runRuleTests(loaded.ruleSet, wordDetector));
  const seen = coverage.rules[0]?.conditions.map(({ name, whenTrue, whenFalse }) => [
    name,
    whenTrue,
    whenFalse,
  ]);
  assert.deepEqual(seen, [
    ['deceives', 2, 0],
    ['sorry', 1, 1],
    ['in_play', 0, 2],
  ]);
  const { isComplete, seenBothWays, total } = coverage;
  assert.deepEqual({ isComplete, seenBothWays, total }, { isComplete: false, seenBothWays: 2, total: 4 });
});
