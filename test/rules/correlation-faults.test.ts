import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlationsText, rulesText } from './correlation-text.ts';
import { loadTexts, shown } from './rule-text.ts';

const wrong: readonly (readonly [
  title: string,
  parts: Readonly<Record<string, string>>,
  expected: string,
])[] = [
  [
    'a rule that is not there',
    { rules: '[aa]', condition: '{gte: 2}' },
    'no rule and no correlation has the name or id "aa"; did you mean "a"?',
  ],
  [
    'a count without its number',
    {},
    'correlations.condition is needed by type event_count, such as {gte: 3}',
  ],
  [
    'two numbers',
    { condition: '{gte: 2, gt: 1}' },
    'condition must have one of gte, gt, lte, lt, eq, or one of gte, gt with one of lte, lt',
  ],
  ['a number beside an exact one', { condition: '{gte: 2, eq: 3}' }, 'condition must have one of gte'],
  ['no number', { condition: '{}' }, 'condition must have one of gte'],
  [
    'bounds that no number is within',
    { condition: '{gt: 3, lt: 4}' },
    'no number is at least 4 and at most 3',
  ],
  [
    'fewer than one',
    { condition: '{lt: 1}' },
    'condition.lt 1 is never so: time is counted from the first event',
  ],
  ['none', { condition: '{eq: 0}' }, 'condition.eq 0 is never so'],
  [
    'what must not follow a count that is decided at the end',
    { unless_then: '{rules: [b], within: 1m}', condition: '{lte: 2}' },
    'unless_then does not go with eq, lt and lte, which are decided when the timespan ends; give it to a correlation of its own',
  ],
  [
    'an order with a number',
    { type: 'temporal_ordered', rules: '[a, b]', condition: '{gte: 2}' },
    'condition does not go with type temporal_ordered',
  ],
  [
    'an order of one rule',
    { type: 'temporal_ordered' },
    'rules must be two or more for type temporal_ordered',
  ],
  [
    'more rules than there are',
    { type: 'temporal', rules: '[a, b]', condition: '{gt: 2}' },
    'asks for 3 of 2 rules',
  ],
  [
    'a field that nothing counts',
    { field: 'model', condition: '{gte: 2}' },
    'field goes with type value_count, and with no other',
  ],
  ['values of no field', { type: 'value_count', condition: '{gte: 2}' }, 'field goes with type value_count'],
  [
    'a rule that counts and keeps quiet',
    { unless: '[b, a]', condition: '{gte: 2}' },
    'unless stands under rules as well, it is "a"',
  ],
  [
    'a rule that counts and must not follow',
    { unless_then: '{rules: [b, a], within: 1m}', condition: '{gte: 1}' },
    'rules stands under rules as well, it is "a"',
  ],
  [
    'a rule that must not follow and is not there',
    { unless_then: '{rules: [bb], within: 1m}', condition: '{gte: 1}' },
    'no rule and no correlation has the name or id "bb"; did you mean "b"?',
  ],
  [
    'a time to wait that is too long',
    { unless_then: '{rules: [b], within: 40d}', condition: '{gte: 1}' },
    'unless_then.within must be at most 30d',
  ],
  [
    'a time that is none',
    { timespan: '10 minutes', condition: '{gte: 2}' },
    'timespan must be a time such as 90s, 10m, 24h or 7d',
  ],
  ['a long time', { timespan: '31d', condition: '{gte: 2}' }, 'timespan must be at most 30d'],
  [
    'a field to group by that is not there',
    { group_by: '[converstion]', condition: '{gte: 2}' },
    'did you mean "conversation"?',
  ],
  [
    'a correlation that enforces',
    { mode: 'enforce', condition: '{gte: 2}' },
    'mode must be one of off, shadow, flag',
  ],
  [
    'the name of a rule',
    { name: 'a', rules: '[b]', condition: '{gte: 2}' },
    'name a is taken by the rule at',
  ],
  [
    'a correlation of itself',
    { rules: '[x]', condition: '{gte: 2}' },
    'correlation "x" goes in a circle: x > x; leave one of them out of what another names',
  ],
];

for (const [title, parts, expected] of wrong) {
  test(`${title} is refused at its place`, async (t) => {
    const result = await loadTexts(t, [rulesText(), correlationsText(parts)]);
    assert.equal(result.ok, false);
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    assert.equal(errors.length, 1, shown(errors).join('\n'));
    assert.ok(errors[0]?.message.includes(expected), errors[0]?.message);
    assert.equal(errors[0]?.file, 'b.yaml');
  });
}

test('correlations in a circle and on what is off are refused', async (t) => {
  const circle = correlationsText(
    { name: 'x', rules: '[y]', condition: '{gte: 1}' },
    { name: 'y', rules: '[a]', unless: '[x]', condition: '{gte: 1}' },
  );
  const round = await loadTexts(t, [rulesText(), circle]);
  assert.equal(round.ok, false);
  assert.deepEqual(
    round.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
    [
      'correlation "x" goes in a circle: x > y > x; leave one of them out of what another names',
      'correlation "y" goes in a circle: y > x > y; leave one of them out of what another names',
    ],
  );
  const off = await loadTexts(t, [rulesText({ mode: 'off' }), correlationsText({ condition: '{gte: 2}' })]);
  assert.equal(off.ok, false);
  assert.deepEqual(shown(off.problems.filter(({ severity }) => severity === 'error')), [
    `b.yaml:12:13: "a" is off and gives no event; set its mode to shadow, or the correlation's to off`,
  ]);
  const both = correlationsText({ condition: '{gte: 2}', mode: 'off' });
  assert.ok((await loadTexts(t, [rulesText({ mode: 'off' }), both])).ok);
});
