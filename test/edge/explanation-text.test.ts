import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeExplanation } from '../../gateway/commands/explanation-text.ts';
import type { ExplainedCondition, Explanation } from '../../rules/index.ts';

const WIDE: ExplainedCondition = {
  name: 'all_along',
  signal: 'concept/deception',
  aggregate: { kind: 'mean', window: 0 },
  measure: 'mean',
  per: 'exchange',
  value: 0.5,
  threshold: 0.4,
  margin: 0.1,
  rate: null,
  rateInterval: null,
  isMet: true,
  isNegated: false,
  span: { start: 0, end: 5 },
  perToken: [0.5],
};
const { per: _, ...OWN } = WIDE;

function explanation(conditions: readonly ExplainedCondition[]): Explanation {
  const rule = { id: 'id', name: 'deceives', title: 'Deceives', file: 'a.yaml' } as const;
  return {
    rule: { ...rule, level: 'high', mode: 'flag', action: 'flag', target: 'output' },
    role: 'assistant',
    hasFired: true,
    expression: { text: 'all_along', holds: true },
    conditions,
    fieldConditions: [],
    view: null,
    tokens: [{ start: 0, end: 5 }],
    firstToken: 0,
    lastToken: 0,
    span: { start: 0, end: 5 },
    features: [],
  };
}

test('a condition over the whole exchange is explained in words, one over the segment needs none', () => {
  const options = { text: 'lies!', isColoured: false };
  const wide = describeExplanation(explanation([WIDE, { ...OWN, name: 'once' }]), options);
  assert.match(wide, /all_along .* mean, per exchange /);
  assert.match(wide, /once .* mean +0\.500/);
  assert.match(wide, /^per exchange \(all_along\): over all segments .*; here the text is the only one$/m);
  assert.doesNotMatch(describeExplanation(explanation([OWN]), options), /per exchange/);
});

test('what a condition reads is told whole: both signals of a difference, the level of a count', () => {
  const condition = { ...OWN, minus: 'concept/refusal', measure: 'count above 0.5' } as const;
  const told = describeExplanation(explanation([condition]), { text: 'lies!', isColoured: false });
  assert.match(told, /all_along +concept\/deception minus concept\/refusal +count above 0\.5 +0\.500/);
});
