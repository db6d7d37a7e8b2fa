import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  beginSegment,
  type Fields,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { ID, loadTexts, ruleText, shown } from './rule-text.ts';

type Context = { after(done: () => Promise<void>): void };

const OUTPUT: SegmentRef = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null };
const DETECTION = '{lies: {signal: {feature: 1}, above: 1}, seeks: {signal: {feature: 2}, above: 1}}';
const OTHER_ID = '5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a02';

const base = (parts: Readonly<Record<string, string>> = {}) =>
  ruleText({ name: 'base', detection: DETECTION, condition: 'lies', tags: '[behaviour.a]', ...parts });
const team = (body: string) => `version: 1\n${body}\n`;

async function load(t: Context, ...texts: readonly string[]): Promise<RuleSet> {
  const result = await loadTexts(t, texts);
  if (result.ok) return result.ruleSet;
  throw new Error(shown(result.problems).join('\n'));
}

/** Names of the rules that fire where these features are active. */
function fired(ruleSet: RuleSet, features: readonly number[], fields: Fields = {}): string[] {
  const row = Object.fromEntries(features.map((feature) => [feature, 2]));
  const begun = beginSegment(ruleSet, OUTPUT, { fields });
  const step = advance(ruleSet, begun, activationsOf([row], ruleSet.signals));
  return finish(ruleSet, step.state).settled.map(({ ruleName }) => ruleName);
}

test('an override replaces what it gives, and nothing else', async (t) => {
  const change = team(`overrides:
  - {rule: base, override: replace, mode: enforce, action: block, level: low, detection: {lies: {signal: {feature: 3}, above: 1}}}
  - {rule: ${ID}, override: replace, condition: all of them, tags: [behaviour.b]}`);
  const ruleSet = await load(t, base(), change);
  const [rule] = ruleSet.rules;
  assert.deepEqual([rule?.mode, rule?.action, rule?.level, rule?.name], ['enforce', 'block', 'low', 'base']);
  assert.ok(ruleSet.enforces('output'));
  assert.deepEqual(fired(ruleSet, [3, 2]), ['base']);
  assert.deepEqual(fired(ruleSet, [1, 2]), []);
});

test('an override appends conditions, exceptions, tests, tags and the rest of the expression', async (t) => {
  const change = team(`overrides:
  - rule: base
    override: append
    detection: {calm: {signal: {feature: 3}, above: 1}}
    condition: and not calm
    tags: [behaviour.b]
    exceptions: [{name: ours, fields: [model], values: [[small]]}]
    tests: [{text: more, expect: fire}]`);
  const ruleSet = await load(t, base({ condition: 'lies or seeks' }), change);
  assert.deepEqual(fired(ruleSet, [1]), ['base']);
  assert.deepEqual(fired(ruleSet, [1, 3]), [], 'what is appended bears on the whole old expression');
  assert.deepEqual(fired(ruleSet, [2], { model: 'small' }), []);
  const row = activationsOf([{ 1: 2 }], ruleSet.signals);
  const [finding] = advance(ruleSet, beginSegment(ruleSet, OUTPUT), row).findings;
  assert.equal(finding, undefined, 'a negation waits for the end');
  const settled = finish(ruleSet, advance(ruleSet, beginSegment(ruleSet, OUTPUT), row).state).settled;
  assert.deepEqual(settled[0]?.tags, ['behaviour.a', 'behaviour.b']);
});

test('overrides are made in the order of files and lines', async (t) => {
  const first = team('overrides: [{rule: base, override: append, condition: or seeks}]');
  const second = team(`overrides:
  - {rule: base, override: append, condition: and not c, detection: {c: {signal: {feature: 3}, above: 1}}}
  - {rule: base, override: append, condition: or c}`);
  const ruleSet = await load(t, base(), first, second);
  assert.deepEqual(
    [fired(ruleSet, [2]), fired(ruleSet, [2, 3]), fired(ruleSet, [])],
    [['base'], ['base'], []],
  );
});

test('a filter makes rules quiet by name, by id or all of them', async (t) => {
  const other = ruleText({ name: 'other', id: OTHER_ID, detection: DETECTION, condition: 'seeks' });
  const filter = (rules: string, condition: string) =>
    team(`macros: {ours: {field: tenant, equals: ours}}
filters:
  - name: quiet
    description: ours
    rules: ${rules}
    detection: {lies: {field: model, startswith: small}, refuses: {signal: {feature: 3}, above: 1}}
    condition: ${condition}`);
  const all = await load(t, base(), other, filter('any', 'lies or ours'));
  assert.deepEqual(fired(all, [1, 2]), ['base', 'other']);
  assert.deepEqual(fired(all, [1, 2], { model: 'small-1' }), []);
  assert.deepEqual(fired(all, [1, 2], { tenant: 'ours' }), []);
  assert.deepEqual(all.signalsFor('output', { tenant: 'ours' }), []);
  const named = await load(t, base(), other, filter(`[${OTHER_ID}, base]`, 'refuses and lies'));
  assert.deepEqual(fired(named, [1, 2, 3], { model: 'small-1' }), []);
  assert.deepEqual(fired(named, [1, 2, 3]), ['base', 'other'], 'the rule\'s own "lies" is another condition');
  const one = await load(t, base(), other, filter('[other]', 'refuses'));
  assert.deepEqual(fired(one, [1, 2, 3]), ['base']);
});

const override = (keys: string) => team(`overrides:\n  - {rule: base, ${keys}}`);
const filtered = (keys: string) =>
  team(
    `filters:\n  - {name: f, description: d, rules: any, detection: {x: {field: model, equals: a}}, ${keys}}`,
  );

const wrong: readonly (readonly [title: string, change: string, expected: string])[] = [
  [
    'an override of a rule that is not there',
    team('overrides: [{rule: bsae, override: replace, mode: off}]'),
    'b.yaml:2:20: no rule has the name or id "bsae"; did you mean "base"?',
  ],
  [
    'an override that changes nothing',
    override('override: replace'),
    'b.yaml:3:5: overrides must change something: one of title, description',
  ],
  [
    'a mode that is appended',
    override('override: append, mode: off'),
    'b.yaml:3:42: overrides.mode has nothing to append to; give it in an override: replace, it is "off"',
  ],
  [
    'a new name of the rule',
    override('override: replace, name: other'),
    'b.yaml:3:37: unknown key "name" in overrides[0]',
  ],
  [
    'a condition that is not there to be replaced',
    override('override: replace, detection: {leis: {signal: {feature: 1}, above: 1}}'),
    'b.yaml:3:49: rule "base" has no condition "leis" to replace; did you mean "lies"?',
  ],
  [
    'a condition that is there already',
    override('override: append, detection: {lies: {signal: {feature: 1}, above: 1}}'),
    'b.yaml:3:48: rule "base" has a condition "lies" already; use override: replace, or another name',
  ],
  [
    'a fault in a condition of an override, in its file',
    override('override: replace, detection: {lies: {signal: {concept: decepton}, above: 1}}'),
    'b.yaml:3:74: unknown concept "decepton" in featureset tiny; did you mean "deception"?',
  ],
  [
    'a fault in an expression that goes on, in its file',
    override('override: append, condition: and not calm'),
    'b.yaml:3:55: condition: unknown condition "calm"; detection has lies, seeks',
  ],
  [
    'an expression that cannot go on so',
    override('override: append, condition: calm'),
    'b.yaml:3:47: condition: expected "and", "or" or the end, found "calm"',
  ],
  [
    'a fault in an exception that is added, in its file',
    override(
      'override: append, exceptions: [{name: x, fields: [model], comparisons: [regex], values: [["("]]}]',
    ),
    'b.yaml:3:108: regex "(": missing closing ): "("',
  ],
  [
    'a filter on a rule that is not there',
    filtered('condition: x').replace('any', '[base, bsae]'),
    'b.yaml:3:45: no rule has the name or id "bsae"; did you mean "base"?',
  ],
  [
    'a fault in the expression of a filter, once',
    filtered('condition: y'),
    'b.yaml:3:97: condition: unknown condition "y"; did you mean "x"?',
  ],
  [
    'two filters of one name',
    filtered('condition: x').replace(
      'filters:',
      'filters:\n  - {name: f, description: d, rules: [base], detection: {y: {field: model, equals: a}}, condition: y}',
    ),
    'b.yaml:4:12: the name f is taken by another filter',
  ],
];

for (const [title, change, expected] of wrong) {
  test(`${title} is refused at its place`, async (t) => {
    const result = await loadTexts(t, [base(), change]);
    assert.equal(result.ok, false);
    const errors = shown(result.problems.filter(({ severity }) => severity === 'error'));
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.ok(errors[0]?.startsWith(expected), errors[0]);
  });
}

test('a fault that an old piece of a changed expression has is told in its own file', async (t) => {
  const change = override('override: append, condition: and seeks');
  const result = await loadTexts(t, [base({ condition: 'lies or leis' }), change]);
  assert.equal(result.ok, false);
  const errors = shown(result.problems.filter(({ severity }) => severity === 'error'));
  assert.deepEqual(errors, ['a.yaml:13:24: condition: unknown condition "leis"; did you mean "lies"?']);
});

test('what bears on a rule of a broken file is not told as missing', async (t) => {
  const result = await loadTexts(t, [base({ level: 'hihg' }), override('override: replace, mode: off')]);
  assert.equal(result.ok, false);
  assert.deepEqual(result.problems.length, 1, shown(result.problems).join('\n'));
});

test('a change of an override is another rule set', async (t) => {
  const [one, two] = await Promise.all(
    ['low', 'high'].map((level) => load(t, base(), override(`override: replace, level: ${level}`))),
  );
  assert.notEqual(one?.digest, two?.digest);
});
