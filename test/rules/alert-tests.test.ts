import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { coverageOf, formatTestReport, junitText, runRuleTests } from '../../rules/index.ts';
import { loadTexts, ruleText, shown } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

async function run(
  t: TestContext,
  alert: string | null,
  tests: string,
  parts: Readonly<Record<string, string>> = {},
) {
  const loaded = await loadTexts(t, [ruleText({ ...(alert === null ? {} : { alert }), ...parts, tests })]);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return { ruleSet: loaded.ruleSet, report: await runRuleTests(loaded.ruleSet, wordDetector) };
}

const at = (...times: readonly string[]) => `[${times.map((time) => `{at: ${time}}`).join(', ')}]`;

const right: readonly (readonly [title: string, alert: string | null, test: string])[] = [
  ['without grouping every finding is an alert', null, `{events: ${at('0s', '1s')}, alerts: [0s, 1s]}`],
  [
    'limit: the first of each window, with how many were held back',
    '{threshold: limit, window: 1h}',
    `{events: ${at('0s', '5m', '59m', '60m', '3h')}, alerts: [0m, {at: 1h, held_back: 2}, {at: 3h, held_back: 0}]}`,
  ],
  [
    'limit of two',
    '{threshold: limit, count: 2, window: 1h}',
    `{events: ${at('0s', '5m', '6m')}, alerts: [0s, 5m]}`,
  ],
  [
    'threshold: every third',
    '{threshold: threshold, count: 3, window: 1h}',
    `{events: ${at('0s', '1s', '2s', '3s', '4s', '5s')}, alerts: [{at: 2s, held_back: 2}, {at: 5s, held_back: 2}]}`,
  ],
  [
    'both: the third alone',
    '{threshold: both, count: 3, window: 1h}',
    `{events: ${at('0s', '1s', '2s', '3s', '4s', '5s')}, alerts: [2s]}`,
  ],
  [
    'too few of them',
    '{threshold: threshold, count: 3, window: 1m}',
    `{events: ${at('0s', '59s', '60s')}, alerts: []}`,
  ],
  [
    'each group for itself, with fields of the test and of a finding',
    '{group_by: [caller, model], threshold: limit, window: 1h}',
    `{fields: {caller: a, model: m}, events: [{at: 0s}, {at: 1m, fields: {caller: b}}, {at: 2m}],
      alerts: [{at: 0s, group: {caller: a}}, {at: 1m, group: {caller: b, model: m}}]}`,
  ],
  [
    'each exchange is another by default',
    '{group_by: [exchange], threshold: limit, window: 1h}',
    '{events: [{at: 0s}, {at: 1s}, {at: 2s, fields: {exchange: e}}, {at: 3s, fields: {exchange: e}}], alerts: [0s, 1s, 2s]}',
  ],
  [
    'role and target are those of what the rule reads',
    '{group_by: [role, target], threshold: limit, window: 1h}',
    '{events: [{at: 0s}], alerts: [{at: 0s, group: {role: assistant, target: output}}]}',
  ],
];

for (const [title, alert, one] of right) {
  test(`a test of alerts passes: ${title}`, async (t) => {
    for (const mode of ['flag', 'shadow', '"off"']) {
      const { report } = await run(t, alert, `[${one}]`, { mode });
      const [result, ...others] = report.results;
      assert.deepEqual([result?.outcome, result?.misplaced, others], ['pass', '', []], mode);
    }
  });
}

const LIMIT = '{group_by: [caller], threshold: limit, window: 1h}';
const wrong: readonly (readonly [title: string, test: string, told: string])[] = [
  [
    'another finding',
    '{events: [{at: 0s}, {at: 1m}], alerts: [1m]}',
    'expected alerts at 1m, was alerts at 0s (caller unknown)',
  ],
  [
    'one too many is expected',
    '{events: [{at: 0s}, {at: 1m}], alerts: [0s, 1m]}',
    'expected alerts at 0s, 1m, was alerts at 0s (caller unknown)',
  ],
  [
    'none is expected',
    '{events: [{at: 0s}], alerts: []}',
    'expected no alert, was alerts at 0s (caller unknown)',
  ],
  [
    'another group',
    '{fields: {caller: a}, events: [{at: 0s}], alerts: [{at: 0s, group: {caller: b}}]}',
    'expected alerts at 0s (caller b), was alerts at 0s (caller a)',
  ],
  [
    'another number held back',
    '{events: [{at: 0s}, {at: 1m}, {at: 2h}], alerts: [0s, {at: 2h, held_back: 3}]}',
    'expected alerts at 0s, 2h (3 held back), was alerts at 0s (caller unknown), 2h (caller unknown, 1 held back)',
  ],
];

for (const [title, one, told] of wrong) {
  test(`a test of alerts fails and tells what came: ${title}`, async (t) => {
    const { report } = await run(t, LIMIT, `[${one.replace('{', '{name: case, ')}]`);
    assert.equal(report.ok, false);
    const lines = formatTestReport(report).split('\n');
    const line = lines.find((candidate) => candidate.startsWith('fail')) ?? '';
    assert.ok(line.endsWith(`deceives: "case": ${told}`), line);
    assert.ok(junitText(report).includes(`message="${told}"`), junitText(report));
  });
}

test('a test of alerts is no test of a condition', async (t) => {
  const { ruleSet, report } = await run(
    t,
    LIMIT,
    '[{events: [{at: 0s}], alerts: [0s]}, {text: I lie and lie, expect: fire}]',
  );
  assert.deepEqual(
    report.results.map(({ test: name, outcome }) => [name, outcome]),
    [
      ['findings at 0s', 'pass'],
      ['I lie and lie', 'pass'],
    ],
  );
  const [rule] = coverageOf(ruleSet, report).rules;
  assert.deepEqual(rule?.rule, { name: 'deceives', whenTrue: 1, whenFalse: 0 });
});

const refused: readonly (readonly [test: string, message: string])[] = [
  ['{events: [{at: 0s}]}', 'must have alerts beside events'],
  ['{alerts: [0s], text: a, expect: fire}', 'alerts goes with events'],
  [
    '{events: [{at: 0s}], alerts: [0s], expect: fire}',
    'expect does not go with events, which are findings already',
  ],
  [
    '{events: [{at: 0s}], alerts: [0s], text: a}',
    'must have exactly one of text, messages, ok, series, activations, events',
  ],
  ['{events: [{at: 1m}, {at: 0s}], alerts: [1m]}', 'at must not be before the event above'],
  ['{events: [{at: 0s}], alerts: [soon]}', 'must be a time from the beginning such as'],
  ['{events: [{at: 0s, rule: deceives}], alerts: [0s]}', 'unknown key "rule"'],
  ['{events: [], alerts: []}', 'must not be empty'],
];

for (const [one, message] of refused) {
  test(`${one} is refused at its place`, async (t) => {
    const loaded = await loadTexts(t, [ruleText({ tests: `[${one}]` })]);
    assert.ok(!loaded.ok);
    const told = shown(loaded.problems).join('\n');
    assert.ok(told.includes(message) && told.startsWith('a.yaml:14:'), told);
  });
}
