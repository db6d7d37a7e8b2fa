import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMeasuredRules } from '../../rules/measured.ts';
import { shippedFeatureset } from '../../rules/reference-shipped.ts';
import { decidingDigest, readShippedRules } from '../../rules/shipped-rules.ts';
import { figuresOf, lacksForStable } from '../../rules/stable-criterion.ts';

const [rules, measured] = [readShippedRules(), readMeasuredRules()];

test('no shipped rule is called stable that lacks a part of the criterion', () => {
  for (const rule of rules.filter(({ status }) => status === 'stable'))
    assert.deepEqual(lacksForStable(rule, figuresOf(rule, measured, shippedFeatureset())), [], rule.name);
});

const [rule] = rules;
const known = measured.rules.find(({ id }) => id === rule?.id);
assert.ok(rule && known);
const good = {
  ...known,
  promised: known.promised.map((one) => ({ ...one, interval: [0.001, 0.003] as [number, number] })),
  recall: { hits: 80, rows: 100, interval: [0.71, 0.87] as [number, number] },
  contrasts: { hits: 2, rows: 100, interval: [0.006, 0.07] as [number, number] },
  ordinary: { hits: 0, rows: 100, interval: [0, 0.037] as [number, number] },
};
const tested = {
  ...rule,
  tests: [...'0123456789'].flatMap((text) => [
    { expect: 'fire' as const, text },
    { expect: 'quiet' as const, text: `not ${text}` },
  ]),
};

test('a rule whose figures meet every part may be stable', () => {
  assert.deepEqual(lacksForStable(tested, good), []);
});

const lacking = [
  ['too few rows to find', { recall: { ...good.recall, rows: 99 } }, /99 rows to find/],
  ['too few contrasts', { contrasts: { hits: 0, rows: 0, interval: null } }, /0 rows that are contrasts/],
  ['too few ordinary rows', { ordinary: { hits: 0, rows: 39, interval: [0, 0.09] } }, /39 rows of ordinary/],
  [
    'finding less than half for certain',
    { recall: { ...good.recall, interval: [0.49, 0.9] } },
    /as little as 49 %, below 50 %/,
  ],
  [
    'too many contrasts',
    { contrasts: { ...good.contrasts, interval: [0.05, 0.101] } },
    /as many as 10\.1 %, above 10 %/,
  ],
  [
    'a broken promise',
    { ordinary: { ...good.ordinary, interval: [0.0031, 0.1] } },
    /at least 0\.31 %, above 0\.3 %/,
  ],
] as const;

for (const [name, changed, reason] of lacking)
  test(`a rule is not stable with ${name}, and the reason names the figure`, () => {
    const lacks = lacksForStable(tested, { ...good, ...changed } as typeof good);
    assert.equal(lacks.length, 1, lacks.join('; '));
    assert.match(lacks[0] ?? '', reason);
  });

test('tests that are known to come out wrong do not count towards ten and ten', () => {
  const [first, ...others] = tested.tests;
  const one = {
    ...tested,
    tests: [{ ...first, expect: 'fire' as const, known: 'miss' as const }, ...others],
  };
  assert.match(lacksForStable(one, good).join(), /9 tests fire and 10 stay quiet/);
});

test('figures of another featureset, or of a rule that decides otherwise, are none', () => {
  assert.equal(figuresOf(rule, measured, 'beef'), undefined);
  const other = { ...rule, condition: `not (${rule.condition})` };
  assert.notEqual(decidingDigest(other), decidingDigest(rule));
  assert.equal(figuresOf(other, measured, measured.featureset), undefined);
  assert.match(lacksForStable(tested, undefined).join(), /not measured as it stands/);
});
