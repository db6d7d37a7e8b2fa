import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countGroups } from '../../rules/index.ts';
import { correlationsText, eventRules, events, play, ruleId, rulesText } from './correlation-text.ts';

const cases: readonly (readonly [
  title: string,
  correlation: Readonly<Record<string, string>>,
  text: string,
  fired: readonly string[],
])[] = [
  ['so many events within the timespan', { condition: '{gte: 3}' }, 'a0 a5 a9', ['x@9']],
  ['an event a timespan old counts no more', { condition: '{gte: 3}' }, 'a0 a5 a10', []],
  ['more than so many', { condition: '{gt: 1}' }, 'a0 a1', ['x@1']],
  ['events that made it fire count no more', { condition: '{gte: 2}' }, 'a0 a1 a2 a3 a4', ['x@1', 'x@3']],
  ['events of other rules do not count', { condition: '{gte: 2}' }, 'a0 b1 c2 a3', ['x@3']],
  ['each group counts for itself', { condition: '{gte: 2}' }, 'a0/p a1/q a2/q a3/p', ['x@2', 'x@3']],
  ['without group_by all count together', { condition: '{gte: 2}', group_by: '[]' }, 'a0/p a1/q', ['x@1']],
  ['the same words sent again count once', { condition: '{gte: 2}' }, 'a0#f a1#f a2#g a3#f a4#g', ['x@2']],
  [
    '… even after it fired, until a timespan is over',
    { condition: '{gte: 1}' },
    'a0#f a9#f a10#f',
    ['x@0', 'x@10'],
  ],
  ['an event that comes late counts at the latest time', { condition: '{gte: 2}' }, 'a20 a1 a29', ['x@1']],
  [
    'an event of a rule under unless keeps it quiet for a timespan',
    { condition: '{gte: 2}', unless: '[b]' },
    'b0 a1 a2 a3 a11',
    ['x@11'],
  ],
  [
    'different values of a field',
    { type: 'value_count', field: 'conversation', group_by: '[]', condition: '{gte: 3}' },
    'a0/p a1/q a2/p a3/q a4/r a5/r',
    ['x@4'],
  ],
  [
    'a value counts from when it was last seen',
    { type: 'value_count', field: 'conversation', group_by: '[]', condition: '{gte: 2}' },
    'a0/p a9/p a15/q',
    ['x@15'],
  ],
  ['all rules in any order', { type: 'temporal', rules: '[a, b, c]' }, 'c0 b1 c2 a3', ['x@3']],
  ['… not across a timespan', { type: 'temporal', rules: '[a, b]' }, 'a0 b10 a11', ['x@11']],
  ['some of the rules', { type: 'temporal', rules: '[a, b, c]', condition: '{gte: 2}' }, 'c0 c1 b2', ['x@2']],
  [
    'all rules in their order',
    { type: 'temporal_ordered', rules: '[a, b, c]' },
    'b0 c1 a2 c3 b4 a5 c6',
    ['x@6'],
  ],
  ['… a later beginning counts', { type: 'temporal_ordered', rules: '[a, b]' }, 'a0 a8 b15', ['x@15']],
  ['… not across a timespan', { type: 'temporal_ordered', rules: '[a, b]' }, 'a0 b10 b11 a12 b13', ['x@13']],
  ['… one rule twice', { type: 'temporal_ordered', rules: '[a, a, b]' }, 'a0 b1 a2 b3', ['x@3']],
  [
    '… unless another came between',
    { type: 'temporal_ordered', rules: '[a, b]', unless: '[c]' },
    'a0 c1 b2 a11 b12',
    ['x@12'],
  ],
];

for (const [title, correlation, text, fired] of cases) {
  test(`${correlation['type'] ?? 'event_count'}: ${title}`, async (t) => {
    const ruleSet = await eventRules(t, rulesText(), correlationsText(correlation));
    assert.deepEqual(play(ruleSet, events(text)).fired, fired);
  });
}

test('once a clock that was ahead is right, events lie as far apart as it says from then on', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), correlationsText({ condition: '{gte: 3}' }));
  const ahead = play(ruleSet, events('a9000 a9001'));
  assert.deepEqual(play(ruleSet, events('a1 a12 a13'), ahead.state).fired, ['x@1'], 'they were a moment ago');
  assert.deepEqual(play(ruleSet, events('a1/q a12 a13'), ahead.state).fired, ['x@12']);
  assert.deepEqual(play(ruleSet, events('c1 b2 a3/q a14/q a25/q'), ahead.state).fired, []);
  const one = play(ruleSet, events('a9000#f'));
  assert.deepEqual(play(ruleSet, events('a1#f a2 a3 a12#f a13'), one.state).fired, ['x@3']);
  const two = play(ruleSet, events('a9000'));
  assert.deepEqual(play(ruleSet, events('a1 a11 a12 a22 a23'), two.state).fired, []);
});

test('a correlation takes findings of another as its events, through several', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText(
      { name: 'z', type: 'temporal_ordered', rules: '[y, c]', group_by: '[tenant]', timespan: '1m' },
      { name: 'y', rules: '[x]', condition: '{gte: 2}', group_by: '[tenant]' },
      { name: 'x', condition: '{gte: 2}' },
    ),
  );
  const [p, q] = [{ conversation: 'p' }, { conversation: 'q' }];
  const all = [p, p, q, q].map((fields, seconds) => ({ rule: 'a', seconds, fields }));
  const { fired } = play(ruleSet, [...all, { rule: 'c', seconds: 30 }]);
  assert.deepEqual(fired, ['x@1', 'x@3', 'y@3', 'z@30']);
});

test('a finding of a correlation says what came together, at the place of the last event', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText({ type: 'temporal', rules: `[a, ${ruleId('b')}]` }),
  );
  const { findings } = play(ruleSet, events('b1 a2'));
  const [finding] = findings;
  assert.deepEqual([finding?.ruleTitle, finding?.mode, finding?.action], ['Correlation x', 'flag', 'flag']);
  assert.deepEqual([finding?.segment.id, finding?.span], ['request/0', { start: 3, end: 9 }]);
  assert.deepEqual(finding?.correlation, {
    type: 'temporal',
    group: { conversation: 'one' },
    timespanMs: 10_000,
    count: 2,
    events: [
      { ruleId: ruleId('b'), exchangeId: 'e1', at: 1_000 },
      { ruleId: ruleId('a'), exchangeId: 'e2', at: 2_000 },
    ],
  });
});

test('a correlation that is off is not evaluated', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), correlationsText({ mode: 'off', condition: '{gte: 1}' }));
  const { fired, state } = play(ruleSet, events('a1 a2'));
  assert.deepEqual([fired, countGroups(state)], [[], 0]);
});
