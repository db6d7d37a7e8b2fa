import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beginEvents, carryEvents, exportEvents, importEvents, observeEvents } from '../../rules/index.ts';
import {
  type At,
  correlationsText,
  EVERY_TYPE,
  eventRules,
  events,
  observed,
  play,
  rulesText,
} from './correlation-text.ts';

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
