import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../../detectors/index.ts';
import { createBacktest } from '../../rules/index.ts';
import { ruleSetOf, ruleText } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const rule = (last: string, parts: Readonly<Record<string, string>>) =>
  ruleText({ id: `5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a${last}`, ...parts }).replace('version: 1\nrules:\n', '');

const SORRY = '{deceives: {signal: {feature: 7}, above: 1}}';
const RULES = `version: 1\nrules:\n${[
  rule('01', { name: 'lies', target: 'output' }),
  rule('02', { name: 'sorry', target: 'any', detection: SORRY, mode: 'off' }),
  rule('03', { name: 'calls', target: 'tool_call' }),
].join('')}`;

const says = (role: Role, text: string) => ({ role, text });

test('each rule is measured on the rows that it reads, any rule on all by those that are not off', async (t) => {
  const ruleSet = await ruleSetOf(t, RULES);
  const backtest = createBacktest({ ruleSet, detector: wordDetector });
  const rows = [
    { isPositive: true, segments: [says('user', 'you lie'), says('assistant', 'I lie')] },
    { isPositive: true, segments: [says('assistant', 'I am calm')] },
    { isPositive: false, segments: [says('assistant', 'a lie, sorry')] },
    { isPositive: false, segments: [says('assistant', 'no')] },
    { isPositive: true, segments: [says('user', 'lie, sorry')] },
  ];
  const report = backtest.report(await Promise.all(rows.map((row) => backtest.run(row))));
  const short = report.rules.map(({ ruleName, rows, positives, fires, precision, recall, fpr }) => [
    ruleName,
    [rows, positives, fires],
    [precision, recall, fpr],
  ]);
  assert.deepEqual(short, [
    ['lies', [4, 2, 2], [1 / 2, 1 / 2, 1 / 2]],
    ['sorry', [5, 3, 2], [1 / 2, 1 / 3, 1 / 2]],
    ['calls', [0, 0, 0], [null, null, null]],
  ]);
  const { truePositives, falsePositives, ...any } = report.any;
  assert.deepEqual([truePositives, falsePositives], [1, 1]);
  assert.deepEqual(any, { rows: 5, positives: 3, fires: 2, precision: 1 / 2, recall: 1 / 3, fpr: 1 / 2 });
});

test('only segments that some rule reads are scored', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText());
  const backtest = createBacktest({ ruleSet, detector: wordDetector });
  const row = await backtest.run({
    isPositive: true,
    segments: [says('user', 'unscorable'), says('assistant', 'two words')],
  });
  assert.deepEqual([row.tokens, row.fired.size, row.targets.size], [2, 0, 2]);
});

test('a text that cannot be scored fails the backtest', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText());
  const backtest = createBacktest({ ruleSet, detector: wordDetector });
  const row = { isPositive: true, segments: [says('assistant', 'unscorable')] };
  await assert.rejects(backtest.run(row), /the reader did not answer/);
});
