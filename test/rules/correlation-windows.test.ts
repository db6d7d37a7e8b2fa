import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beginEvents, carryEvents, passTime } from '../../rules/index.ts';
import { type At, correlationsText, eventRules, events, play, rulesText } from './correlation-text.ts';

type Parts = Readonly<Record<string, string>>;

const windows: readonly (readonly [title: string, parts: Parts, text: string, fired: readonly string[]])[] = [
  ['one, and no more than one may come', { condition: '{lte: 1}' }, 'a1', ['x@11']],
  ['a second comes in time', { condition: '{lte: 1}' }, 'a1 a10.9', []],
  [
    'a second comes as the window closes: it is in the next',
    { condition: '{lte: 1}' },
    'a1 a11',
    ['x@11', 'x@21'],
  ],
  ['exactly two', { condition: '{eq: 2}' }, 'a1 a2', ['x@11']],
  ['two are not three', { condition: '{eq: 3}' }, 'a1 a2', []],
  ['four are not three', { condition: '{eq: 3}' }, 'a1 a2 a3 a4', []],
  ['a range from below', { condition: '{gte: 2, lt: 4}' }, 'a1', []],
  ['a range within', { condition: '{gte: 2, lt: 4}' }, 'a1 a2 a3', ['x@11']],
  ['a range from above', { condition: '{gte: 2, lt: 4}' }, 'a1 a2 a3 a4', []],
  ['too many once are forgotten by the next window', { condition: '{lt: 2}' }, 'a1 a2 a12', ['x@22']],
  ['groups have windows of their own', { condition: '{lte: 1}' }, 'a1 a2/q a3', ['x@12']],
  ['words that are sent again count once', { condition: '{lte: 1}' }, 'a1#f a2#f a3#f', ['x@11']],
  ['another rule opens none', { condition: '{lte: 1}' }, 'b1 c2', []],
  ['what must not have come, in the window', { condition: '{lte: 1}', unless: '[b]' }, 'a1 b9', []],
  ['… with the event that opens it', { condition: '{lte: 1}', unless: '[b]' }, 'b1 a1', []],
  ['… came before the window', { condition: '{lte: 1}', unless: '[b]' }, 'b1 a1.5', ['x@11.5']],
  ['… came in another group', { condition: '{lte: 1}', unless: '[b]' }, 'a1 b2/q', ['x@11']],
  [
    '… alone opens none, and does not count later',
    { condition: '{lte: 1}', unless: '[b]' },
    'b1 a20',
    ['x@30'],
  ],
  ['one of two rules alone', { type: 'temporal', rules: '[a, b]', condition: '{eq: 1}' }, 'a1 a2', ['x@11']],
  ['both of two rules', { type: 'temporal', rules: '[a, b]', condition: '{eq: 1}' }, 'a1 b2', []],
  [
    'different values, not events',
    { type: 'value_count', field: 'conversation', group_by: '[]', condition: '{lte: 2}' },
    'a1/p a2/q a3/p a4/q',
    ['x@11'],
  ],
  [
    'a third value',
    { type: 'value_count', field: 'conversation', group_by: '[]', condition: '{lte: 2}' },
    'a1/p a2/q a3/r a4/p',
    [],
  ],
  [
    'an event without the value opens none',
    { type: 'value_count', field: 'model', condition: '{lte: 2}' },
    'a1',
    [],
  ],
];

for (const [title, parts, text, fired] of windows) {
  test(`a count with an upper bound: ${title}`, async (t) => {
    const ruleSet = await eventRules(t, rulesText(), correlationsText(parts));
    assert.deepEqual(play(ruleSet, events(text), beginEvents(), 1_000).fired, fired);
  });
}

const RANGE = { condition: '{gte: 2, lte: 3}' };

test('every event is in one window, which its first event opens and the timespan ends', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), correlationsText(RANGE));
  const property = fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 30 }), (steps) => {
    let seconds = 0;
    const all = steps.map((step): At => {
      seconds += step;
      return { rule: 'a', seconds };
    });
    const expected: string[] = [];
    for (let rest = all.map((event) => event.seconds); rest[0] !== undefined; ) {
      const end = rest[0] + 10;
      const inside = rest.filter((at) => at < end).length;
      if (inside === 2 || inside === 3) expected.push(`x@${end}`);
      rest = rest.slice(inside);
    }
    assert.deepEqual(play(ruleSet, all, beginEvents(), 1_000).fired, expected);
  });
  fc.assert(property, { numRuns: 200 });
});

test('what a window finds names its events and the place of the last, and is an event for others', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText(
      RANGE,
      { name: 'y', rules: '[x]', condition: '{gte: 1}', unless_then: '{rules: [b], within: 5s}' },
      {
        name: 'z',
        rules: '[x]',
        condition: '{eq: 2}',
        timespan: '1m',
        alert: '{threshold: limit, window: 1h}',
      },
    ),
  );
  const { fired, findings } = play(ruleSet, events('a1 a2 b12 a13 a14 a15'), beginEvents(), 1_000);
  assert.deepEqual(fired, ['x@11', 'x@23', 'y@28', 'z@71']);
  const [first, , , last] = findings;
  assert.deepEqual(
    first?.correlation?.events.map(({ exchangeId, at }) => [exchangeId, at]),
    [
      ['e1', 1_000],
      ['e2', 2_000],
    ],
  );
  assert.deepEqual([first?.correlation?.count, first?.span], [2, { start: 3, end: 9 }]);
  assert.deepEqual(
    [last?.correlation?.events.map(({ at }) => at), last?.alert?.isHeldBack],
    [[11_000, 23_000], false],
  );
});

test('an open window outlives a reload that leaves its meaning, and none that changes it', async (t) => {
  const before = await eventRules(t, rulesText(), correlationsText(RANGE));
  const { state } = play(before, events('a1 a2'));
  const renamed = await eventRules(t, rulesText(), correlationsText({ ...RANGE, title: 'Another' }));
  const kept = carryEvents(renamed, state);
  assert.deepEqual([kept.dropped, play(renamed, [], kept.state, 100).fired], [0, ['x@11']]);
  const same = await eventRules(t, rulesText(), correlationsText({ condition: '{gt: 1, lt: 4}' }));
  assert.deepEqual(play(same, [], carryEvents(same, state).state, 100).fired, ['x@11']);
  const other = await eventRules(t, rulesText(), correlationsText({ condition: '{gte: 2, lte: 4}' }));
  const dropped = carryEvents(other, state);
  assert.deepEqual([dropped.dropped, play(other, [], dropped.state, 100).fired], [2, []]);
});

test('windows have the bound of groups: of one that was given up nothing is told, and it is counted', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText({ condition: '{lte: 1}', timespan: '1h' }),
  );
  const all = Array.from({ length: 4_098 }, (_, i): At => {
    return { rule: 'a', seconds: i / 10, fields: { conversation: `c${i}` } };
  });
  const full = play(ruleSet, all);
  const ended = play(ruleSet, [], full.state, 10_000);
  assert.equal(ended.fired.length, 4_096);
  assert.equal(ended.fired[0], 'x@3600.2');
  assert.equal(ended.state.waiting.length, 0);
  assert.ok(full.evicted >= 2);
});

test('a window keeps no more events than tell that they are too many', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), correlationsText({ condition: '{lte: 2}' }));
  const all = Array.from({ length: 500 }, (_, i): At => ({ rule: 'a', seconds: i / 100 }));
  const { state } = play(ruleSet, all);
  const groups = [...state.correlations.values()].flatMap((one) => [...one.values()]);
  assert.deepEqual(
    groups.map((group) => group.events.length),
    [3],
  );
  assert.equal(state.waiting.length, 1);
});

test('a window that was opened while the clock was ahead closes after its timespan once the clock is right', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), correlationsText(RANGE));
  const { state } = play(ruleSet, events('a9000 a9001'));
  const right = passTime(ruleSet, state, 1_000);
  assert.deepEqual([right.late, right.state.waiting.map(({ due }) => due)], [[], [11_000]]);
  assert.deepEqual(play(ruleSet, events('a5'), right.state, 100).fired, ['x@11']);
});
