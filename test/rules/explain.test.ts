import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { explainRule, type ToExplain } from '../../rules/index.ts';
import { ID, ruleSetOf, ruleText } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

async function explain(
  t: TestContext,
  parts: Readonly<Record<string, string>>,
  asked: Partial<ToExplain> & Pick<ToExplain, 'text'>,
) {
  const ruleSet = await ruleSetOf(t, ruleText(parts));
  return explainRule({ ruleSet, detector: wordDetector }, { rule: 'deceives', ...asked });
}

async function explained(...args: Parameters<typeof explain>) {
  const result = await explain(...args);
  assert.ok(result.ok);
  return result.explanation;
}

const LIES_CALMLY = `
      deceives: {signal: {concept: deception}, rarer_than: 1/1000}
      apologises: {signal: {feature: 7}, aggregate: max_rolling_mean, window: 2, above: 2}
      seizes: {signal: {feature: 20}, above: 1}`;
const PARTS = { detection: LIES_CALMLY, condition: 'deceives and not apologises' };

test('a rule that fires is told with each condition, the span and the features of the finding', async (t) => {
  const text = 'we lie here';
  const { hasFired, expression, conditions, ...rest } = await explained(t, PARTS, { text });
  assert.equal(hasFired, true);
  assert.deepEqual(expression, { text: 'deceives and not apologises', holds: true });
  const [deceives, apologises, seizes] = conditions;
  assert.deepEqual(
    [deceives?.value, deceives?.threshold, deceives?.rate, deceives?.rateInterval],
    [10, 9.99, 0.001, [0.0005, 0.002]],
  );
  assert.ok(Math.abs((deceives?.margin ?? 0) - 0.01) < 1e-9);
  assert.deepEqual(deceives?.perToken, [0, 10, 0]);
  assert.deepEqual(
    conditions.map(({ isMet, isNegated }) => [isMet, isNegated]),
    [
      [true, false],
      [false, true],
      [false, null],
    ],
  );
  assert.deepEqual([apologises?.margin, apologises?.rate, seizes?.margin], [-2, null, -1]);
  assert.deepEqual([rest.firstToken, rest.lastToken, rest.span], [1, 1, { start: 3, end: 6 }]);
  assert.deepEqual(rest.features, [{ index: 10, label: null, value: 5, share: 1 }]);
  assert.deepEqual([rest.tokens.length, rest.role, rest.rule.name], [3, 'assistant', 'deceives']);
});

test('a rule that is kept from firing by a negation is told with the tokens that came nearest', async (t) => {
  const text = 'sorry we lie';
  const { hasFired, expression, conditions, span, features } = await explained(t, PARTS, { text });
  assert.deepEqual([hasFired, expression.holds], [false, false]);
  assert.deepEqual(
    conditions.map(({ isMet, span }) => [isMet, span]),
    [
      [true, { start: 9, end: 12 }],
      [true, { start: 0, end: 5 }],
      [false, { start: 0, end: 5 }],
    ],
  );
  assert.deepEqual(span, { start: 9, end: 12 });
  assert.deepEqual(
    features.map(({ index }) => index),
    [10],
  );
});

test('a text without tokens has no values and never fires, whatever its expression holds', async (t) => {
  const { hasFired, expression, conditions, span, features } = await explained(
    t,
    { condition: 'not deceives' },
    { text: '' },
  );
  assert.deepEqual([hasFired, expression.holds, span, features], [false, true, null, []]);
  assert.deepEqual([conditions[0]?.value, conditions[0]?.margin, conditions[0]?.isMet], [null, null, false]);
});

test('a rule is found by its id, when it is off and under another role', async (t) => {
  const { hasFired, role, rule } = await explained(
    t,
    { mode: 'off' },
    { rule: ID, text: 'a lie', role: 'tool' },
  );
  assert.deepEqual([hasFired, role, rule.mode], [true, 'tool', 'off']);
});

test('an unknown rule is answered with the nearest, else with those that are known', async (t) => {
  const near = await explain(t, {}, { rule: 'decieves', text: '' });
  assert.match(near.ok ? '' : near.message, /name or id "decieves"; did you mean "deceives"\?/);
  const far = await explain(t, {}, { rule: 'weather', text: '' });
  assert.match(far.ok ? '' : far.message, /"weather"; known: deceives$/);
});

test('a condition over the whole exchange is told as one, and the others are not', async (t) => {
  const detection = `
      often: {signal: {concept: deception}, aggregate: count_above, token_above: 2, per: exchange, above: 1}
      once: {signal: {concept: deception}, above: 4}`;
  const text = 'a lie and a lie';
  const { conditions, hasFired } = await explained(t, { detection, condition: 'often and once' }, { text });
  assert.ok(hasFired);
  assert.deepEqual(
    conditions.map(({ name, measure, per, value }) => [name, measure, per, value]),
    [
      ['often', 'count above 2', 'exchange', 2],
      ['once', 'max', undefined, 10],
    ],
  );
});
