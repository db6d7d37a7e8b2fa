import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { cleanEnvironment } from './clean-environment.ts';
import type { Outcome } from './outcome.ts';
import { createReport } from './report.ts';
import { runTestFile } from './test-file.ts';

// node:test refuses to run files from inside a test file as long as this says that we are one.
before(() => {
  delete process.env['NODE_TEST_CONTEXT'];
});

const sample = (name: string) => `test/run/samples/${name}.ts`;

test('passes, failures and named skips are counted; nameless skips and todos are failures', async () => {
  const outcome = await runTestFile(sample('mixed'));
  assert.equal(outcome.passed, 2);
  assert.deepEqual(outcome.skips, [{ name: 'is skipped with a reason', reason: 'needs a printer' }]);
  const failed = outcome.failures.map((failure) => failure.name);
  assert.deepEqual(failed, ['is skipped without a reason', 'is a todo', 'fails inside']);
  assert.match(outcome.failures[2]?.error ?? '', /1 !== 2/);
});

test('a file that crashes, or has no tests, fails', async () => {
  const crashed = await runTestFile(sample('crashes'));
  assert.equal(crashed.failures.length, 1);
  assert.match(crashed.output, /crashed while loading/);
  assert.equal((await runTestFile(sample('empty'))).failures[0]?.error, 'it ran no tests');
});

test('a file that never ends is killed at its deadline and fails', async () => {
  const { failures, seconds } = await runTestFile(sample('hangs'), 1500);
  assert.equal(failures[0]?.error, 'not done after 1500 ms');
  assert.ok(seconds >= 1.5);
});

test('a file that holds its thread and heeds no signal is ended all the same, and fails', {
  skip: process.platform === 'linux' ? false : 'only Linux tells whose children processes are',
}, async () => {
  const { failures } = await runTestFile(sample('stuck'), 1500);
  assert.ok(failures.length > 0);
});

test('properties are checked with the same cases each time, unless others are asked for', async () => {
  const casesOf = async () => (await runTestFile(sample('property'))).output;
  const [first, again] = [await casesOf(), await casesOf()];
  assert.match(first, /^\d+(,-?\d+)+\n$/);
  assert.equal(again, first);
  process.env['TELLTALE_TEST_SEED'] = '7';
  const other = await casesOf();
  delete process.env['TELLTALE_TEST_SEED'];
  assert.notEqual(other, first);
});

test('what would set Telltale up is taken out of the environment, and the way out to the network stays', () => {
  const env = {
    PORT: '1',
    DATABASE_URL: 'x',
    TELLTALE_CONFIG: 'y',
    TELLTALE_STOP_GRACE_MS: '1',
    FORCE_COLOR: '1',
  };
  const kept = { PATH: '/bin', HTTPS_PROXY: 'http://127.0.0.1:1' };
  const all: NodeJS.ProcessEnv = { ...env, ...kept };
  cleanEnvironment(all);
  assert.deepEqual(all, kept);
});

test('the report ends with the totals, and its status is 1 when anything failed', () => {
  const lines: string[] = [];
  const report = createReport((line) => lines.push(line));
  const good: Outcome = { name: 'a', passed: 3, skips: [], failures: [], seconds: 1, output: '' };
  report.add(good);
  assert.equal(report.finish(), 0);
  assert.equal(lines.at(-1), '3 passed, 0 failed');
  report.add({ ...good, passed: 0, failures: [{ name: 'b', error: 'broken' }], output: 'said so' });
  assert.equal(report.finish(), 1);
  assert.equal(lines.at(-1), '3 passed, 1 failed');
  assert.deepEqual(lines.slice(2, -1), [
    'FAIL a (0 passed, 1.0 s)',
    '  FAIL b',
    '    broken',
    '  it printed:',
    '    said so',
  ]);
});
