import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  coverageOf,
  formatTestReport,
  junitText,
  loadRules,
  runRuleTests,
  testRules,
} from '../../rules/index.ts';
import { createReference } from '../../rules/reference.ts';
import { correlationsText, eventRules, rulesText } from './correlation-text.ts';
import { featureset } from './featureset.ts';
import { loadTexts, ruleText, shown, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

type Parts = Readonly<Record<string, string>>;

const THRICE = { rules: '[a, b]', condition: '{gte: 3}', timespan: '10m' };
const UNANSWERED = { condition: '{gte: 1}', unless_then: '{rules: [b], within: 5m}', timespan: '10m' };

/** How each test of the first correlation ended. */
async function outcomesOf(t: TestContext, ...correlations: readonly Parts[]) {
  const ruleSet = await eventRules(t, rulesText({ tests: '[]' }), correlationsText(...correlations));
  const { results } = await runRuleTests(ruleSet, wordDetector);
  return results.filter(({ ruleName }) => ruleName === 'x');
}

const right: readonly (readonly [title: string, correlation: Parts, tests: string])[] = [
  [
    'a count fires with the event that completes it',
    THRICE,
    '{events: [{at: 0s, rule: a}, {at: 4m, rule: b}, {at: 9m, rule: a}], expect: [9m]}',
  ],
  [
    'events that lie too far apart',
    THRICE,
    '{events: [{at: 0s, rule: a}, {at: 4m, rule: b}, {at: 10m, rule: a}], expect: quiet}',
  ],
  [
    'each group for itself, with fields of the test and of an event',
    THRICE,
    `{fields: {conversation: one}, events: [{at: 0s, rule: a}, {at: 1s, rule: a, fields: {conversation: two}},
        {at: 2s, rule: a}, {at: 3s, rule: b}], expect: [{at: 3s, group: {conversation: one}}]}`,
  ],
  [
    'the same words sent again count once, in their conversation',
    { ...THRICE, condition: '{gte: 2}' },
    `{events: [{at: 0s, rule: a, words: hi}, {at: 1s, rule: a, words: hi}, {at: 2s, rule: b, words: hi}], expect: [2s]}`,
  ],
  [
    'different exchanges, one for each event by default',
    { type: 'value_count', field: 'exchange', condition: '{gte: 2}' },
    `{events: [{at: 0s, rule: a, fields: {exchange: e}}, {at: 1s, rule: a, fields: {exchange: e}}, {at: 2s, rule: a}], expect: [2s]}`,
  ],
  [
    'fields of the segment are those of its rule, unless told otherwise',
    { condition: '{gte: 2}', group_by: '[role]' },
    `{events: [{at: 0s, rule: a}, {at: 1s, rule: a, fields: {role: user}}, {at: 2s, rule: a}], expect: [{at: 2s, group: {role: assistant}}]}`,
  ],
  [
    'what does not follow fires by itself, times in any unit',
    UNANSWERED,
    '{events: [{at: 60s, rule: a}], expect: [6m]}',
  ],
  [
    '… what follows undoes it',
    UNANSWERED,
    '{events: [{at: 0s, rule: a}, {at: 299s, rule: b}], expect: quiet}',
  ],
  [
    '… before its time it has not fired',
    UNANSWERED,
    '{events: [{at: 0s, rule: a}], until: 4m, expect: quiet}',
  ],
  ['… at its time it has', UNANSWERED, '{events: [{at: 0s, rule: a}], until: 5m, expect: [5m]}'],
  [
    'what a correlation holds back',
    { condition: '{gte: 1}', mode: 'shadow', alert: '{threshold: limit, window: 1h}' },
    `{events: [{at: 0s, rule: a}, {at: 5m, rule: a}, {at: 2h, rule: a}],
        expect: [{at: 0s, held_back: false}, {at: 5m, held_back: true}, {at: 2h, held_back: false}]}`,
  ],
  [
    'one that is off is tested all the same',
    { condition: '{gte: 1}', mode: 'off' },
    '{events: [{at: 1s, rule: a}], expect: [1s]}',
  ],
];

for (const [title, correlation, tests] of right) {
  test(`a test of events passes: ${title}`, async (t) => {
    const [one, ...others] = await outcomesOf(t, { ...correlation, tests: `[${named(tests)}]` });
    assert.deepEqual([one?.outcome, one?.misplaced, others], ['pass', '', []]);
  });
}

function named(text: string): string {
  return text.replace('{', '{name: one, ');
}

const wrong: readonly (readonly [title: string, tests: string, told: string])[] = [
  [
    'at another time',
    '{events: [{at: 0s, rule: a}, {at: 1m, rule: a}, {at: 2m, rule: a}], expect: [1m]}',
    'expected fire at 1m, was fire at 2m (conversation unknown)',
  ],
  [
    'once more than expected',
    '{events: [{at: 0s, rule: a}, {at: 0s, rule: a}, {at: 0s, rule: a}], expect: [0s, 1s]}',
    'expected fire at 0s, 1s, was fire at 0s (conversation unknown)',
  ],
  [
    'for another group',
    `{fields: {conversation: p}, events: [{at: 0s, rule: a}, {at: 0s, rule: a}, {at: 1h, rule: b}, {at: 1h, rule: a}, {at: 1h, rule: a}],
        expect: [{at: 1h, group: {conversation: q}}]}`,
    'expected fire at 1h (conversation q), was fire at 1h (conversation p)',
  ],
  ['not at all', '{events: [{at: 0s, rule: a}], expect: [0s]}', 'expected fire at 0s, was quiet'],
  [
    'when it should be quiet',
    '{events: [{at: 0s, rule: a}, {at: 0s, rule: b}, {at: 90s, rule: b}], expect: quiet}',
    'expected quiet, was fire at 90s (conversation unknown)',
  ],
  [
    'with its alert let through',
    '{events: [{at: 0s, rule: a}, {at: 0s, rule: b}, {at: 0s, rule: b}], expect: [{at: 0s, held_back: true}]}',
    'expected fire at 0s (held back), was fire at 0s (conversation unknown)',
  ],
];

for (const [title, tests, told] of wrong) {
  test(`a test of events fails where the correlation fires ${title}, and says so`, async (t) => {
    const directory = await temporaryDirectory(t);
    await writeFile(join(directory, 'a.yaml'), rulesText({ tests: '[]' }));
    await writeFile(join(directory, 'b.yaml'), correlationsText({ ...THRICE, tests: `[${named(tests)}]` }));
    const report = await testRules([directory], wordDetector);
    assert.equal(report.ok, false);
    const text = formatTestReport({ ...report, problems: [] }).replaceAll(`${directory}/`, '');
    assert.match(text, /^fail {5}b\.yaml:\d+:\d+: x: "one": /);
    assert.ok(text.includes(`: ${told}\n`), text);
    const xml = junitText(report).replaceAll(`${directory}/`, '');
    assert.match(xml, /<testsuite name="x" tests="1" failures="1" errors="0" skipped="0">/);
    assert.ok(xml.includes(`<failure message="${told}">b.yaml:`), xml);
  });
}

test('events go through the other correlations of the set, so that chains are tested whole', async (t) => {
  const tests = `[${named(`{events: [{at: 0s, rule: a}, {at: 1m, rule: b}, {at: 7m, rule: c}],
        expect: [7m]}`)}, ${named('{events: [{at: 0s, rule: a}, {at: 7m, rule: c}], expect: quiet}')},
        ${named('{events: [{at: 0s, rule: y}, {at: 7m, rule: c}], expect: [7m]}')}]`;
  const results = await outcomesOf(
    t,
    { type: 'temporal_ordered', rules: '[y, c]', timespan: '20m', tests },
    { rules: '[z]', condition: '{gte: 1}', timespan: '1m' },
    { type: 'temporal_ordered', rules: '[a, b]', unless_then: '{rules: [c], within: 5m}', timespan: '10m' },
  );
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['pass', 'pass', 'pass'],
  );
});

test('coverage tells which rules of a correlation came in its tests and which stayed away', async (t) => {
  const tests = `[${named('{events: [{at: 0s, rule: a}, {at: 1s, rule: b}], expect: quiet}')},
        ${named('{events: [{at: 0s, rule: a}], expect: [5m]}')}]`;
  const ruleSet = await eventRules(t, rulesText(), correlationsText({ ...UNANSWERED, unless: '[c]', tests }));
  const coverage = coverageOf(ruleSet, await runRuleTests(ruleSet, wordDetector));
  const own = coverage.rules.find(({ ruleName }) => ruleName === 'x');
  assert.deepEqual([own?.tests, own?.rule], [2, { name: 'x', whenTrue: 1, whenFalse: 1 }]);
  assert.deepEqual(own?.conditions, [
    { name: 'a', whenTrue: 2, whenFalse: 0 },
    { name: 'unless c', whenTrue: 0, whenFalse: 2 },
    { name: 'unless_then b', whenTrue: 1, whenFalse: 1 },
  ]);
});

test('a test of events that cannot be is refused at its place; one without tests is warned of', async (t) => {
  for (const [tests, message] of [
    [
      '{events: [{at: 0s, rule: aa}], expect: quiet}',
      /^b\.yaml:\d+:\d+: no rule .* "aa"; did you mean "a"\?$/,
    ],
    [
      '{events: [{at: 5m, rule: a}, {at: 1m, rule: a}], expect: quiet}',
      /at must not be before the event above/,
    ],
    ['{events: [{at: 5m, rule: a}], until: 1m, expect: quiet}', /until must not be before the last event/],
    ['{events: [{at: soon, rule: a}], expect: quiet}', /at must be a time from the beginning such as 0s/],
    ['{events: [{at: 400d, rule: a}], expect: quiet}', /at must be at most 366d/],
    ['{events: [{at: 0s, rule: a}], expect: fire}', /expect must be quiet, or a list of times/],
    ['{events: [], expect: quiet}', /events must not be empty/],
    ['{events: [{at: 0s, rules: a}], expect: quiet}', /unknown key "rules".*did you mean "rule"\?/],
    ['{events: [{at: 0s, rule: a, fields: {rule: b}}], expect: quiet}', /fields/],
  ] as const) {
    const text = correlationsText({ ...THRICE, tests: `[${named(tests)}]` });
    const result = await loadTexts(t, [rulesText(), text]);
    assert.ok(!result.ok, tests);
    assert.match(shown(result.problems.filter(({ severity }) => severity === 'error')).join('\n'), message);
  }
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), rulesText());
  await writeFile(join(directory, 'b.yaml'), correlationsText(THRICE));
  const loaded = await loadRules([directory], featureset);
  assert.ok(loaded.ok);
  assert.deepEqual(
    loaded.ruleSet.warnings.map(({ message }) => message),
    ['correlation "x" has no tests'],
  );
});

test('the correlations of the reference pass their own tests, and these see every part come and stay away', async (t) => {
  const reference = createReference();
  const [, example = ''] = /```yaml fragment\n(correlations:\n.*?)```/s.exec(reference) ?? [];
  const names = ['jailbreak', 'prompt-injection', 'harmful-request', 'refusal'];
  const rules = names.map((name, i) =>
    ruleText({ name, id: `5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a0${i}`, tests: '[]' }).replace(
      'version: 1\nrules:\n',
      '',
    ),
  );
  const text = `version: 1\nrules:\n${rules.join('')}${example}`;
  const ruleSet = await eventRules(t, text);
  const report = await runRuleTests(ruleSet, wordDetector);
  assert.ok(report.ok && report.results.length >= 8, formatTestReport(report));
  const own = coverageOf(ruleSet, report).rules.slice(names.length);
  const fires = own.map(({ rule }) => rule);
  assert.ok(
    fires.every(({ whenTrue, whenFalse }) => whenTrue > 0 && whenFalse > 0),
    JSON.stringify(fires),
  );
});
