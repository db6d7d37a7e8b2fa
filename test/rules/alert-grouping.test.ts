import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beginEvents, observeEvents } from '../../rules/index.ts';
import { correlationsText, eventRules, findingOf, rulesText } from './correlation-text.ts';

type Context = { after(done: () => Promise<void>): void };

/** What becomes of findings of rule a at these seconds: how many an alert says were held back, or null where it is held
 *  back itself. */
async function alerts(t: Context, alert: string, seconds: readonly (number | readonly [number, string])[]) {
  const ruleSet = await eventRules(t, rulesText({ alert }));
  let state = beginEvents();
  let heldBack = 0;
  const marks = seconds.map((one) => {
    const [second, conversation] = typeof one === 'number' ? [one, 'p'] : one;
    const observed = {
      finding: findingOf(ruleSet, 'a', 'flag'),
      at: second * 1_000,
      fields: { conversation },
      fingerprint: null,
    };
    const step = observeEvents(ruleSet, state, [observed]);
    ({ state } = step);
    heldBack += step.heldBack.get('a') ?? 0;
    const mark = step.findings[0]?.alert;
    assert.ok(mark !== undefined);
    return mark.isHeldBack ? null : mark.heldBack;
  });
  return { marks, heldBack };
}

const cases: readonly (readonly [
  alert: string,
  seconds: readonly number[],
  marks: readonly (number | null)[],
])[] = [
  ['{threshold: limit, count: 2, window: 10s}', [0, 1, 2, 3, 10, 11, 12], [0, 0, null, null, 2, 0, null]],
  [
    '{threshold: threshold, count: 3, window: 10s}',
    [0, 1, 2, 3, 4, 5, 11, 12],
    [null, null, 2, null, null, 2, null, null],
  ],
  ['{threshold: both, count: 2, window: 10s}', [0, 1, 2, 3, 10, 11], [null, 1, null, null, null, 3]],
  ['{threshold: limit, window: 1m}', [0, 59, 60], [0, null, 1]],
  // A clock that was ahead and is right again.
  ['{threshold: limit, window: 1m}', [9_000, 9_001, 100, 101, 160], [0, null, 1, null, 1]],
];

for (const [alert, seconds, marks] of cases) {
  test(`${alert} makes of findings at ${seconds.join(', ')} s alerts as it says`, async (t) => {
    const found = await alerts(t, alert, seconds);
    assert.deepEqual(found.marks, marks);
    assert.equal(found.heldBack, marks.filter((mark) => mark === null).length);
  });
}

test('each group has its own window', async (t) => {
  const alert = '{group_by: [conversation], threshold: limit, window: 10s}';
  const found = await alerts(t, alert, [
    [0, 'p'],
    [1, 'q'],
    [2, 'p'],
    [3, 'q'],
  ]);
  assert.deepEqual(found.marks, [0, 0, null, null]);
});

test('no finding is lost: alerts and what they say was held back come to all, but for what still waits', async (t) => {
  const kinds = fc.constantFrom('limit', 'threshold', 'both');
  const property = fc.asyncProperty(
    kinds,
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 30 }),
    async (kind, count, steps) => {
      let second = 0;
      const seconds = steps.map((step) => {
        second += step;
        return second;
      });
      const { marks, heldBack } = await alerts(
        t,
        `{threshold: ${kind}, count: ${count}, window: 10s}`,
        seconds,
      );
      const told = marks.filter((mark) => mark !== null).reduce((sum, mark) => sum + mark + 1, 0);
      const waiting = marks.length - 1 - marks.findLastIndex((mark) => mark !== null);
      assert.equal(told + waiting, marks.length);
      assert.equal(heldBack, marks.filter((mark) => mark === null).length);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('findings of a rule in shadow, and of one without grouping, are as they were', async (t) => {
  const grouped = await eventRules(t, rulesText({ alert: '{threshold: limit, window: 10s}' }));
  const plain = await eventRules(t, rulesText());
  for (const [ruleSet, mode] of [
    [grouped, 'shadow'],
    [plain, 'flag'],
  ] as const) {
    const finding = findingOf(ruleSet, 'a', mode);
    const observed = { finding, at: 0, fields: {}, fingerprint: null };
    const step = observeEvents(ruleSet, beginEvents(), [observed, observed]);
    assert.deepEqual(step.findings, [finding, finding]);
  }
});

test('findings of a correlation are grouped as those of a rule', async (t) => {
  const correlation = { condition: '{gte: 1}', alert: '{threshold: limit, window: 1m}' };
  const ruleSet = await eventRules(t, rulesText(), correlationsText(correlation));
  const observed = { finding: findingOf(ruleSet, 'a'), at: 0, fields: {}, fingerprint: null };
  const { findings, heldBack } = observeEvents(ruleSet, beginEvents(), [observed, observed]);
  assert.deepEqual(
    findings.map(({ ruleName, alert }) => [ruleName, alert?.isHeldBack]),
    [
      ['a', undefined],
      ['a', undefined],
      ['x', false],
      ['x', true],
    ],
  );
  assert.deepEqual([...heldBack], [['x', 1]]);
});
