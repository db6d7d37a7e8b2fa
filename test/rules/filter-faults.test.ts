import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlationsText, eventRules, rulesText } from './correlation-text.ts';
import { loadTexts, ruleText, shown } from './rule-text.ts';

const filter = (keys: string) => `version: 1\nfilters:\n  - {name: f, description: d, ${keys}}\n`;
const DETECTION = 'detection: {x: {field: tenant, equals: a}}, condition: x';

test('a filter or an override of a correlation is told that it is one', async (t) => {
  const correlation = correlationsText({ condition: '{gte: 2}' });
  const others = `${filter(`rules: [x], ${DETECTION}`)}overrides: [{rule: x, override: replace, level: low}]\n`;
  const result = await loadTexts(t, [rulesText(), correlation, others]);
  const message =
    '"x" is a correlation, and only rules are changed or filtered; name the rules that it hears, or change it where it stands';
  assert.deepEqual(result.ok || shown(result.problems).filter((one) => one.startsWith('c.yaml')), [
    `c.yaml:3:39: ${message}`,
    `c.yaml:4:20: ${message}`,
  ]);
});

test('of a filter that bears on no rule all is told at once', async (t) => {
  const wrong = 'rules: [deceivs], detection: {x: {field: tenant, regex: "("}}, condition: x';
  const result = await loadTexts(t, [ruleText(), filter(wrong)]);
  const told = result.ok ? [] : shown(result.problems);
  assert.equal(told.length, 2);
  assert.match(
    told[0] ?? '',
    /^b.yaml:3:39: no rule has the name or id "deceivs"; did you mean "deceives"\?$/,
  );
  assert.match(told[1] ?? '', /^b.yaml:3:\d+: regex "\(": /);
});

test('a filter over the whole exchange is refused of a rule that redacts, and of no other', async (t) => {
  const over =
    'detection: {x: {signal: {concept: jailbreak}, per: exchange, aggregate: sum, above: 1}}, condition: x';
  const redacts = ruleText({ action: 'redact' });
  const result = await loadTexts(t, [redacts, filter(`rules: any, ${over}`)]);
  assert.match(
    (result.ok ? [] : shown(result.problems)).join('\n'),
    /^b.yaml:3:\d+: per: exchange does not go with rule "deceives", which redacts: .*; leave the rule out of the filter/,
  );
  assert.ok((await loadTexts(t, [ruleText(), filter(`rules: any, ${over}`)])).ok);
});

test('a condition of a filter that its expression does not name is warned of, once', async (t) => {
  const unused =
    'rules: any, detection: {x: {field: tenant, equals: a}, y: {field: model, equals: b}}, condition: x';
  const { warnings } = await eventRules(t, rulesText(), filter(unused));
  assert.deepEqual(
    warnings.map(({ line, message }) => [line, message]),
    [[3, 'condition "y" is not used']],
  );
});

const comparisons: readonly (readonly [comparison: string, warning: string | null])[] = [
  ['field: role, equals: asistant', 'role equals "asistant" never holds; did you mean "assistant"?'],
  [
    'field: role, equals: [user, xyz]',
    'role equals "xyz" never holds; it is one of system, user, assistant, tool',
  ],
  ['field: role, equals: {list: roles}', 'role equals "Tool" never holds; did you mean "tool"?'],
  ['field: role, equals: {list: roles}, ignore_case: true', null],
  [
    'field: target, startswith: tools',
    'target startswith "tools" never holds; it is one of input, output, system, tool_call, tool_result',
  ],
  ['field: target, glob: tool_*', null],
  ['field: target, regex: "^(in|out)put$"', null],
  ['field: model, equals: asistant', null],
];

for (const [comparison, warning] of comparisons) {
  test(`what a field of few values never is is warned of: ${comparison}`, async (t) => {
    const detection = `{deceives: {signal: {concept: deception}, above: 4}, x: {${comparison}}}`;
    const lists = 'lists: {roles: [user, Tool]}\n';
    const text = ruleText({ detection, condition: 'deceives and x' });
    const result = await loadTexts(t, [
      text.replace('rules:\n', `${comparison.includes('list') ? lists : ''}rules:\n`),
    ]);
    assert.ok(result.ok);
    assert.deepEqual(
      result.ruleSet.warnings.map(({ message }) => message),
      warning === null ? [] : [warning],
    );
  });
}

test('a key that belongs to the mapping around it is told so', async (t) => {
  const inCondition = correlationsText({ type: 'value_count', condition: '{gte: 2, field: model}' });
  const result = await loadTexts(t, [rulesText(), inCondition]);
  assert.match(
    (result.ok ? [] : shown(result.problems)).join('\n'),
    /unknown key "field" in correlations.condition; it goes a level up, beside condition/,
  );
});
