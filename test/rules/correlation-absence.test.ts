import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginEvents, observeEvents, passTime } from '../../rules/index.ts';
import {
  type At,
  correlationsText,
  eventRules,
  events,
  observed,
  play,
  rulesText,
} from './correlation-text.ts';

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
  ['an event that comes late waits from the latest time', {}, 'a8 a1', ['x@13', 'x@13']],
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
