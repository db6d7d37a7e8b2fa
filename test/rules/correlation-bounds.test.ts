import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countGroups } from '../../rules/index.ts';
import { type At, correlationsText, EVERY_TYPE, eventRules, play, rulesText } from './correlation-text.ts';

test('what a correlation remembers has a bound, whatever comes', async (t) => {
  const ruleSet = await eventRules(t, rulesText(), EVERY_TYPE);
  const many = Array.from({ length: 3_000 }, (_, i): At => {
    return { rule: 'abc'.charAt(i % 3), seconds: 0, fields: { conversation: 'p' }, fingerprint: `${i}` };
  });
  const { state } = play(ruleSet, many);
  for (const groups of state.correlations.values()) {
    for (const group of groups.values()) {
      // One more than an upper bound tells that there were too many.
      assert.ok(group.events.length <= 4 && group.chains.every(({ length }) => length <= 3), 'events');
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
