import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  beginEvents,
  carryEvents,
  countGroups,
  exportEvents,
  importEvents,
  observeEvents,
  passTime,
} from '../../rules/index.ts';
import {
  type At,
  correlationsText,
  eventRules,
  observed,
  play,
  ruleId,
  rulesText,
} from './correlation-text.ts';
import { loadTexts, shown } from './rule-text.ts';

/** `a1 b2 a2/other a9#f`: a rule, a second, a conversation and a fingerprint. */
function events(text: string): At[] {
  return text.split(' ').map((word) => {
    const [, rule = '', seconds, conversation, fingerprint] =
      /^([abc])([\d.]+)(?:\/(\w+))?(?:#(\w+))?$/.exec(word) ?? [];
    return {
      rule,
      seconds: Number(seconds),
      ...(conversation === undefined ? {} : { fields: { conversation } }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
  });
}

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

const absences: readonly (readonly [
  title: string,
  correlation: Readonly<Record<string, string>>,
  text: string,
  fired: readonly string[],
])[] = [
  ['nothing follows, and nothing else ever comes', {}, 'a1', ['x@6']],
  ['what must not follow comes in time', {}, 'a1 b5.9', []],
  ['… comes too late', {}, 'a1 b6', ['x@6']],
  ['… comes in another group', {}, 'a1/p b2/q', ['x@6']],
  ['… came before', {}, 'b0 a1', ['x@6']],
  ['… came before and is only sent again', {}, 'b0#f a1 b2#f', ['x@6']],
  ['… undoes all that waits in its group', {}, 'a1 a2 b3 a4', ['x@9']],
  ['each waits for itself', {}, 'a1 a4/q a5', ['x@6', 'x@9', 'x@10']],
  ['time passes with any event, of whichever rule', {}, 'a1 c20', ['x@6']],
  ['several must come together first', { condition: '{gte: 2}' }, 'a1 a2 b9', ['x@7']],
  ['an order, and then nothing', { type: 'temporal_ordered', rules: '[a, c]' }, 'a1 c2 a8 c9 b10', ['x@7']],
  ['and nothing before either', { unless: '[c]' }, 'c0 a1 a11', ['x@16']],
];

for (const [title, correlation, text, fired] of absences) {
  test(`unless_then: ${title}`, async (t) => {
    const then = { condition: '{gte: 1}', unless_then: '{rules: [b], within: 5s}' };
    const { condition, ...ordered } = then;
    const parts =
      correlation['type'] === undefined ? { ...then, ...correlation } : { ...ordered, ...correlation };
    const ruleSet = await eventRules(t, rulesText(), correlationsText(parts));
    assert.deepEqual(play(ruleSet, events(text), beginEvents(), 1_000).fired, fired);
  });
}

test('what fires because time has passed is an event at that time, for others and through several', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText(
      { name: 'x', condition: '{gte: 1}', unless_then: '{rules: [b], within: 5s}' },
      { name: 'y', rules: '[x]', condition: '{gte: 2}', timespan: '1m' },
      { name: 'z', rules: '[y]', condition: '{gte: 1}', unless_then: '{rules: [x], within: 3s}' },
    ),
  );
  const { fired, findings } = play(ruleSet, events('a1 a3'), beginEvents(), 100);
  assert.deepEqual(fired, ['x@6', 'x@8', 'y@8', 'z@11']);
  assert.deepEqual(
    findings.map(({ correlation }) => correlation?.events.map(({ at }) => at / 1_000)),
    [[1], [3], [6, 8], [8]],
  );
  assert.deepEqual(
    play(ruleSet, events('a1 a3 a5'), beginEvents(), 100).fired.at(-1),
    'x@10',
    'z was undone',
  );
});

test('a late finding is of no exchange that is observed, and tells the place of its last event', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText({
      condition: '{gte: 1}',
      unless_then: '{rules: [b], within: 5s}',
      alert: '{threshold: limit, window: 1h}',
    }),
  );
  const first = play(ruleSet, events('a1 a2'));
  const step = observeEvents(ruleSet, first.state, [observed(ruleSet, { rule: 'c', seconds: 30 })]);
  assert.deepEqual(
    step.findings.map(({ ruleName }) => ruleName),
    ['c'],
  );
  const [one, two] = step.late;
  assert.deepEqual([one?.finding.span, one?.fields.exchange], [{ start: 3, end: 9 }, 'e1']);
  assert.deepEqual(
    [one?.finding.alert?.isHeldBack, two?.finding.alert?.isHeldBack, step.heldBack.get('x')],
    [false, true, 1],
  );
});

test('what waits has a bound: the one that waits longest goes, and is counted', async (t) => {
  const then = { condition: '{gte: 1}', unless_then: '{rules: [b], within: 1h}' };
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText(then, { ...then, name: 'y', rules: '[c]' }),
  );
  const other = play(ruleSet, events('c0'));
  const all = Array.from({ length: 4_098 }, (_, i): At => ({ rule: 'a', seconds: i / 10 }));
  const full = play(ruleSet, all, other.state);
  assert.deepEqual([full.evicted, full.state.waiting.length], [2, 4_097]);
  const { fired } = play(ruleSet, [], full.state, 10_000);
  assert.deepEqual([fired.length, fired[0], fired[1]], [4_097, 'y@3600', 'x@3600.2']);
});

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

test('what waits since a clock was ahead waits its time and no longer once the clock is right', async (t) => {
  const then = { condition: '{gte: 1}', unless_then: '{rules: [b], within: 5s}' };
  const ruleSet = await eventRules(t, rulesText(), correlationsText(then));
  const { state } = play(ruleSet, events('a9000 a9001/q a9002/r'));
  const right = passTime(ruleSet, state, 1_000);
  assert.deepEqual(right.late, []);
  assert.deepEqual(
    right.state.waiting.map(({ due }) => due),
    [6_000, 6_000, 6_000],
  );
  assert.equal(passTime(ruleSet, right.state, 3_000).state, right.state, 'it is not put off again');
  assert.deepEqual(play(ruleSet, events('b4/q'), right.state, 100).fired, ['x@6', 'x@6']);
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

const anyEvents = fc
  .array(
    fc.record({
      rule: fc.constantFrom('a', 'b', 'c'),
      step: fc.integer({ min: 0, max: 6 }),
      conversation: fc.constantFrom('p', 'q'),
      fingerprint: fc.option(fc.constantFrom('f', 'g')),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let seconds = 0;
    return steps.map(({ rule, step, conversation, fingerprint }): At => {
      seconds += step;
      return { rule, seconds, fields: { conversation }, ...(fingerprint === null ? {} : { fingerprint }) };
    });
  });

const EVERY_TYPE = correlationsText(
  { name: 'x', rules: '[a, b]', condition: '{gte: 3}', unless: '[c]' },
  {
    name: 'y',
    type: 'temporal_ordered',
    rules: '[a, b, c]',
    alert: '{threshold: both, count: 2, window: 20s}',
  },
  {
    name: 'z',
    type: 'value_count',
    rules: '[x, y]',
    field: 'conversation',
    group_by: '[]',
    condition: '{gte: 2}',
  },
  { name: 'w', rules: '[b]', condition: '{gte: 1}', unless_then: '{rules: [x, c], within: 9s}' },
);

test('a state that was written down and read again goes on as if nothing had been', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), EVERY_TYPE);
  const property = fc.property(anyEvents, fc.nat(40), (all, cut) => {
    const first = play(ruleSet, all.slice(0, cut));
    const read = importEvents(ruleSet, JSON.parse(JSON.stringify(exportEvents(first.state))));
    assert.ok(read.ok && read.dropped === 0);
    assert.deepEqual(read.state, first.state);
    const rest = play(ruleSet, all.slice(cut), read.state, 1_000);
    assert.deepEqual([...first.fired, ...rest.fired], play(ruleSet, all, beginEvents(), 1_000).fired);
  });
  fc.assert(property, { numRuns: 200 });
});

test('findings together or one by one come to the same, and a state stays as it was', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), EVERY_TYPE);
  const property = fc.property(anyEvents, (all) => {
    const before = play(ruleSet, all).state;
    const copy = structuredClone(before);
    const together = observeEvents(
      ruleSet,
      beginEvents(),
      all.map((event) => observed(ruleSet, event)),
    );
    assert.deepEqual(together.state.correlations, before.correlations);
    assert.deepEqual(together.state.waiting, before.waiting);
    observeEvents(ruleSet, before, [observed(ruleSet, { rule: 'a', seconds: 500 })]);
    assert.deepEqual(before, copy);
  });
  fc.assert(property, { numRuns: 100 });
});

test('what a correlation remembers has a bound, whatever comes', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), EVERY_TYPE);
  const many = Array.from({ length: 3_000 }, (_, i): At => {
    return { rule: 'abc'.charAt(i % 3), seconds: 0, fields: { conversation: 'p' }, fingerprint: `${i}` };
  });
  const { state } = play(ruleSet, many);
  for (const groups of state.correlations.values()) {
    for (const group of groups.values()) {
      assert.ok(group.events.length <= 3 && group.chains.every(({ length }) => length <= 3), 'events');
      assert.ok(group.seen.length <= 256, 'fingerprints');
    }
  }
});

test('past the bound the group that was quiet longest goes, and is counted; one whose time is over is not', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), correlationsText({ condition: '{gte: 2}' }));
  const one = (i: number, seconds: number): At => ({ rule: 'a', seconds, fields: { conversation: `c${i}` } });
  const full = play(
    ruleSet,
    Array.from({ length: 4_096 }, (_, i) => one(i, 0)),
  );
  assert.deepEqual([full.evicted, countGroups(full.state)], [0, 4_096]);
  const more = play(ruleSet, [one(0, 1), one(5_000, 2), one(1, 3)], full.state);
  assert.deepEqual([more.evicted, countGroups(more.state)], [2, 4_096]);
  assert.deepEqual(more.fired, ['x@1'], 'c1 was given up and begins anew');
  const later = play(ruleSet, [one(6_000, 60)], full.state);
  assert.deepEqual([later.evicted, countGroups(later.state)], [0, 1]);
});

test('another rule set goes on counting what means the same, and drops the rest', async (t) => {
  const text = (parts: Readonly<Record<string, string>>) =>
    correlationsText({ condition: '{gte: 2}', ...parts });
  const ruleSet = await eventRules(t, rulesText(), text({}));
  const { state } = play(ruleSet, events('a0'));
  const renamed = await eventRules(t, rulesText(), text({ title: 'Another', level: 'low' }));
  const kept = carryEvents(renamed, state);
  assert.deepEqual([kept.dropped, play(renamed, events('a1'), kept.state).fired], [0, ['x@1']]);
  const { waiting, ...older } = exportEvents(state);
  assert.deepEqual([waiting, importEvents(ruleSet, older)], [[], { ok: true, state, dropped: 0 }]);
  const changed = await eventRules(t, rulesText(), text({ timespan: '20s' }));
  const dropped = carryEvents(changed, state);
  assert.deepEqual([dropped.dropped, play(changed, events('a1'), dropped.state).fired], [1, []]);
});

test('a state that is none is refused with its place, never taken in part', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), EVERY_TYPE);
  const whole = exportEvents(play(ruleSet, events('a0 b1')).state);
  for (const [json, place] of [
    [null, '/'],
    [{ ...whole, version: 2 }, '/version'],
    [
      { ...whole, alerts: [['x', [['k', { start: 0, findings: -1, heldBack: 0 }]]]] },
      '/alerts/0/1/0/1/findings',
    ],
    [{ ...whole, extra: 1 }, '/'],
    [{ ...whole, waiting: whole.waiting.map((one) => ({ ...one, due: 'soon' })) }, '/waiting/0/due'],
    [{ ...whole, waiting: [...whole.waiting, { ...whole.waiting[0], due: 0 }] }, '/waiting'],
  ] as const) {
    const result = importEvents(ruleSet, json);
    assert.ok(!result.ok && result.message.startsWith(`${place}:`), JSON.stringify(result));
  }
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      importEvents(ruleSet, json);
    }),
  );
});

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
    'correlations.condition must have exactly one of gte, gt',
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
    'correlation "x" goes in a circle: x > x',
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
    ['correlation "x" goes in a circle: x > y > x', 'correlation "y" goes in a circle: y > x > y'],
  );
  const off = await loadTexts(t, [rulesText({ mode: 'off' }), correlationsText({ condition: '{gte: 2}' })]);
  assert.equal(off.ok, false);
  assert.deepEqual(shown(off.problems.filter(({ severity }) => severity === 'error')), [
    `b.yaml:12:13: "a" is off and gives no event; set its mode to shadow, or the correlation's to off`,
  ]);
  const both = correlationsText({ condition: '{gte: 2}', mode: 'off' });
  assert.ok((await loadTexts(t, [rulesText({ mode: 'off' }), both])).ok);
});
