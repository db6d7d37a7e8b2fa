import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMeasuredRules } from '../../rules/measured.ts';
import { shippedFeatureset, shippedSection } from '../../rules/reference-shipped.ts';
import { decidingDigest, readShippedRules } from '../../rules/shipped-rules.ts';

const [rules, measured] = [readShippedRules(), readMeasuredRules()];

test('the figures of the shipped rules are of the shipped featureset', () => {
  assert.equal(
    measured.featureset,
    shippedFeatureset(),
    'measured with another featureset: run npm run eval:rules and npm run docs',
  );
});

test('every shipped rule has figures, and a stable one is measured as it stands', () => {
  const byId = new Map(measured.rules.map((one) => [one.id, one]));
  for (const rule of rules) {
    const figures = byId.get(rule.id);
    assert.ok(figures, `${rule.name} is not measured: run npm run eval:rules`);
    assert.ok(figures.recall.rows > 0, `${rule.name} has no rows that it is to find`);
    if (rule.status === 'stable') assert.equal(figures.decides, decidingDigest(rule), rule.name);
  }
});

test('figures of another featureset or of a rule as it was are not shown', () => {
  const [rule] = rules;
  const figures = measured.rules.find(({ id }) => id === rule?.id);
  assert.ok(rule && figures);
  const now = { ...measured, rules: [{ ...figures, decides: decidingDigest(rule) }] };
  const found = `${figures.recall.hits} of ${figures.recall.rows}`;
  const shown = (one: typeof rule, digest: string) => shippedSection([one], now, digest);
  assert.ok(shown(rule, measured.featureset).includes(found));
  const retitled = { ...rule, title: 'Another title', tests: [] };
  assert.ok(shown(retitled, measured.featureset).includes(found), 'words and tests decide nothing');
  const other = shown({ ...rule, condition: `not (${rule.condition})` }, measured.featureset);
  assert.ok(!other.includes(found) && other.includes('| changed |'));
  const stale = shown(rule, 'beef');
  assert.ok(!stale.includes(found) && stale.includes('of another featureset'));
});
