import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RuleSet } from '../../rules/index.ts';
import { advance, beginSegment, finish } from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { loadTexts, ruleSetOf, ruleText, shown } from './rule-text.ts';

const NAMES = ['a', 'b', 'c', 'd'] as const;

/** Conditions a to d are met when features 1 to 4 exceed 1. */
const DETECTION = NAMES.map((name, i) => `\n      ${name}: {signal: {feature: ${i + 1}}, above: 1}`).join('');

interface Written {
  readonly text: string;
  readonly holds: (met: ReadonlySet<string>) => boolean;
}

const written: fc.Arbitrary<Written> = fc.letrec<{ any: Written }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name): Written => ({ text: name, holds: (met) => met.has(name) })),
    fc
      .integer({ min: 1, max: 4 })
      .map((n): Written => ({ text: `${n} of them`, holds: (met) => met.size >= n })),
    fc.constant<Written>({ text: 'all of them', holds: (met) => met.size === 4 }),
    tie('any').map(({ text, holds }): Written => ({ text: `not (${text})`, holds: (met) => !holds(met) })),
    fc.tuple(tie('any'), tie('any')).map(
      ([x, y]): Written => ({
        text: `(${x.text}) and ${y.text.includes(' or ') ? `(${y.text})` : y.text}`,
        holds: (met) => x.holds(met) && y.holds(met),
      }),
    ),
    fc.tuple(tie('any'), tie('any')).map(
      ([x, y]): Written => ({
        text: `${x.text} or (${y.text})`,
        holds: (met) => x.holds(met) || y.holds(met),
      }),
    ),
  ),
})).any;

function fires(ruleSet: RuleSet, met: ReadonlySet<string>): boolean {
  const row = Object.fromEntries(NAMES.map((name, i) => [i + 1, met.has(name) ? 2 : 0]));
  const segment = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null } as const;
  const batch = activationsOf([row], ruleSet.signals);
  const step = advance(ruleSet, beginSegment(ruleSet, segment), batch);
  return finish(ruleSet, step.state).settled.length > 0;
}

test('an expression means what its words say, for every choice of conditions met', async (t) => {
  const property = fc.asyncProperty(written, async ({ text, holds }) => {
    const ruleSet = await ruleSetOf(t, ruleText({ detection: DETECTION, condition: JSON.stringify(text) }));
    for (let bits = 0; bits < 16; bits += 1) {
      const met = new Set(NAMES.filter((_, i) => (bits >> i) % 2 === 1));
      assert.equal(fires(ruleSet, met), holds(met), `${text} with ${[...met].join(', ')}`);
    }
  });
  await fc.assert(property, { numRuns: 60 });
});

test('any text at all is an expression or is refused within the condition', async (t) => {
  const words = fc.constantFrom(
    'a',
    'b',
    'x',
    'and',
    'or',
    'not',
    '(',
    ')',
    '1',
    '9',
    'of',
    'them',
    'all',
    '+',
    'é',
    '"',
  );
  const text = fc.oneof(
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join(' ')),
    fc.string(),
  );
  const property = fc.asyncProperty(text, async (condition) => {
    const file = ruleText({ detection: DETECTION, condition: JSON.stringify(condition) });
    const result = await loadTexts(t, [file]);
    if (result.ok) return;
    for (const problem of result.problems.filter(({ severity }) => severity === 'error')) {
      assert.match(problem.sourceLine, /condition:/, problem.message);
    }
  });
  await fc.assert(property, { numRuns: 150 });
});

const refused: readonly (readonly [condition: string, expected: string])[] = [
  ['a b', '13:18: condition: expected "and", "or" or the end, found "b"'],
  ['a and', '13:21: condition: expected a condition, "not" or "(", found the end'],
  ['a)', '13:17: condition: expected "and", "or" or the end, found ")"'],
  ['5 of them', '13:16: condition: "5 of them" of 4 conditions'],
  ['0 of them', '13:16: condition: "0 of them" of 4 conditions'],
  ['1 of a', '13:21: condition: expected "them" or names with a *, such as lies_*, found "a"'],
  ['1 of x_*', '13:16: condition: no condition is named x_*; detection has a, b, c, d'],
  ['a*', '13:16: condition: "a*" stands for several conditions; write 1 of a*, or all of a*'],
  ['a && b', '13:18: condition: expected "and", "or" or the end, found "&"'],
  ['a or elsewhere', '13:21: condition: unknown condition "elsewhere"; detection has a, b, c, d'],
];

for (const [condition, expected] of refused) {
  test(`the expression "${condition}" is refused at its place`, async (t) => {
    const file = ruleText({
      detection: '{a: &x {signal: {feature: 1}, above: 1}, b: *x, c: *x, d: *x}',
      condition,
    });
    const result = await loadTexts(t, [file]);
    assert.equal(result.ok, false);
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    assert.deepEqual(shown(errors), [`a.yaml:${expected}`]);
  });
}

test('an expression nested past its bound is refused, not followed', async (t) => {
  const result = await loadTexts(t, [
    ruleText({ condition: `${'('.repeat(900)}deceives${')'.repeat(900)}` }),
  ]);
  assert.equal(result.ok, false);
  assert.deepEqual(shown(result.problems), ['a.yaml:13:48: condition: nested deeper than 32']);
});

test('white space within a condition does not move its places', async (t) => {
  const condition = '"deceives   or\\n      (  nobody )"';
  const result = await loadTexts(t, [ruleText({ condition })]);
  assert.equal(result.ok, false);
  assert.equal(result.problems[0]?.line, 13);
});
