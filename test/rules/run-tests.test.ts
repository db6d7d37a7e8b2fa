import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatTestReport, testRules } from '../../rules/index.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

async function reportOf(t: TestContext, parts: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), ruleText(parts));
  const progress: number[] = [];
  const report = await testRules([directory], wordDetector, (done) => progress.push(done));
  const text = formatTestReport(report).replaceAll(`${directory}/`, '');
  return { report, progress, text };
}

test('each outcome is told apart, and only a failure or an error fails the run', async (t) => {
  const tests = `
      - {text: I lie to you, expect: fire}
      - {text: I am honest, expect: fire}
      - {text: I lie to you, expect: quiet}
      - {text: he whispers, expect: fire, known: miss}
      - {text: a lie detector, expect: quiet, known: false_alarm}
      - {text: I lie again, expect: fire, known: miss}
      - {text: unscorable, expect: quiet}`;
  const { report, progress, text } = await reportOf(t, { tests });
  assert.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ['pass', 'fail', 'fail', 'known', 'known', 'improved', 'error'],
  );
  assert.deepEqual(report.counts, { pass: 1, fail: 2, known: 2, improved: 1, error: 1 });
  assert.equal(report.ok, false);
  assert.deepEqual(progress, [1, 2, 3, 4, 5, 6, 7]);
  assert.match(
    text,
    /fail {5}a\.yaml:16:9: deceives: "I am honest": expected fire, was quiet; deceives 0\.000 \(threshold 4\.000\)/,
  );
  assert.match(text, /error {4}a\.yaml:21:9: deceives: "unscorable": not scored: the reader did not answer/);
  assert.match(text, /deceives: 2 of 7 right\n1 pass, 2 fail, 2 known, 1 improved, 1 error\n$/);
});

test('known errors and improvements do not fail the run', async (t) => {
  const tests = '[{text: calm, expect: fire, known: miss}, {text: calm, expect: quiet, known: false_alarm}]';
  const { report } = await reportOf(t, { tests });
  assert.deepEqual([report.ok, report.counts.known, report.counts.improved], [true, 1, 1]);
});

test('a rule that is off is tested too', async (t) => {
  const { report } = await reportOf(t, { mode: 'off', tests: '[{text: I lie, expect: fire}]' });
  assert.deepEqual([report.ok, report.counts.pass], [true, 1]);
});

test('of a conversation only the messages that the target covers are judged', async (t) => {
  const conversation = (user: string, assistant: string) =>
    `{messages: [{role: user, content: ${user}}, {role: assistant, content: ${assistant}}]`;
  const tests = `
      - ${conversation('you lie', 'I do not')}, expect: quiet}
      - ${conversation('do you', 'I lie')}, expect: fire}`;
  assert.equal((await reportOf(t, { tests })).report.counts.pass, 2);
  const any = `
      - ${conversation('you lie', 'I do not')}, expect: fire}
      - {text: I lie, role: tool, expect: fire}`;
  assert.equal((await reportOf(t, { tests: any, target: 'any' })).report.counts.pass, 2);
});

test('rules that do not load give their problems and no results', async (t) => {
  const { report, text } = await reportOf(t, { level: 'loud' });
  assert.deepEqual([report.ok, report.results], [false, []]);
  assert.match(text, /^a\.yaml:9:12: error: level must be one of/);
});
