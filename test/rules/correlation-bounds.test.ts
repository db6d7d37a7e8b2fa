import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countGroups } from '../../rules/index.ts';
import { type At, correlationsText, EVERY_TYPE, eventRules, play, rulesText } from './correlation-text.ts';

test('what a correlation remembers has a bound, whatever comes', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), EVERY_TYPE);
  const many = Array.from({ length: 4_500 }, (_, i): At => {
    return { rule: 'abc'.charAt(i % 3), seconds: 0, fields: { conversation: 'p' }, fingerprint: `${i}` };
  });
  const { state } = play(ruleSet, many);
  for (const groups of state.correlations.values()) {
    for (const group of groups.values()) {
      // One more than an upper bound tells that there were too many.
      assert.ok(group.events.length <= 4 && group.chains.every(({ length }) => length <= 3), 'events');
      assert.ok(group.seen.length <= 4_096, 'fingerprints');
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

const words = (count: number, seconds: number) =>
  Array.from({ length: count }, (_, i): At => ({ rule: 'a', seconds, fingerprint: `${i}` }));

test('words that are sent again count once within the timespan, however many there are', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText({ timespan: '1h', condition: '{gte: 301}' }),
  );
  const { fired, forgotten } = play(ruleSet, [...words(300, 1), ...words(300, 2), ...words(300, 3)]);
  assert.deepEqual([fired, forgotten], [[], 0]);
});

test('words that a group cannot remember any more are counted', async (t) => {
  const ruleSet = await eventRules(
    t,
    rulesText(),
    correlationsText({ timespan: '1h', condition: '{gte: 1000}' }),
  );
  assert.equal(play(ruleSet, words(4_098, 1)).forgotten, 2);
});
