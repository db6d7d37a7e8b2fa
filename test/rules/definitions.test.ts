import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advance, beginSegment, finish, type RuleSet } from '../../rules/index.ts';
import { isInRange } from '../../rules/version-range.ts';
import { activationsOf } from './featureset.ts';
import { loadTexts, ruleSetOf, ruleText, shown } from './rule-text.ts';

const NAMES = ['lies_a', 'lies_b', 'seeks', 'c'] as const;
/** The conditions are met when features 1 to 4 exceed 1. */
const DETECTION = `{${NAMES.map((name, i) => `${name}: {signal: {feature: ${i + 1}}, above: 1}`).join(', ')}}`;

const withHead = (head: string, parts: Readonly<Record<string, string>> = {}) =>
  ruleText({ detection: DETECTION, condition: 'all of them', ...parts }).replace('rules:', `${head}\nrules:`);

function fires(ruleSet: RuleSet, ...met: readonly string[]): boolean {
  const row = Object.fromEntries([...NAMES, 'other'].map((name, i) => [i + 1, met.includes(name) ? 2 : 0]));
  const segment = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null } as const;
  const step = advance(ruleSet, beginSegment(ruleSet, segment), activationsOf([row], ruleSet.signals));
  return finish(ruleSet, step.state).settled.length > 0;
}

test('"of" counts the conditions whose names match', async (t) => {
  const one = await ruleSetOf(
    t,
    ruleText({ detection: DETECTION, condition: '1 of lies_* and not c and not seeks' }),
  );
  assert.ok(fires(one, 'lies_b') && !fires(one, 'seeks') && !fires(one));
  const all = await ruleSetOf(t, ruleText({ detection: DETECTION, condition: 'all of *e* and not c' }));
  assert.ok(fires(all, 'lies_a', 'lies_b', 'seeks') && !fires(all, 'lies_a', 'lies_b', 'c'));
});

const MACROS = `macros:
  serious: lies_a and quiet
  quiet: not other
  other: {signal: {feature: 5}, above: 1}`;

test('a macro stands for its expression, through other macros and conditions of its own', async (t) => {
  const ruleSet = await ruleSetOf(t, withHead(MACROS, { condition: 'serious or 3 of them' }));
  assert.ok(fires(ruleSet, 'lies_a'));
  assert.ok(!fires(ruleSet, 'lies_a', 'other'));
  assert.ok(fires(ruleSet, 'lies_a', 'other', 'seeks', 'c'));
  assert.deepEqual(ruleSet.warnings, []);
  assert.ok(ruleSet.signals.includes('feature/5'), "a macro's condition is computed");
});

test("a file's own macro comes before another file's, and both are told", async (t) => {
  const other = `version: 1\nmacros: {serious: lies_b}\nlists: {names: [x]}\n`;
  const result = await loadTexts(t, [
    withHead('macros: {serious: lies_a}', { condition: 'serious or all of them' }),
    other,
  ]);
  assert.ok(result.ok);
  assert.ok(fires(result.ruleSet, 'lies_a') && !fires(result.ruleSet, 'lies_b'));
  const said = result.ruleSet.warnings.map(({ message }) => message.replace(/\S*\/([ab]\.yaml)/, '$1'));
  assert.deepEqual(said, [
    'macro "serious" shadows, in this file, the one at b.yaml:2:10',
    'macro "serious" shadows, in this file, the one at a.yaml:2:10',
    'list "names" is not used',
    'macro "serious" is not used',
  ]);
});

test('macros of another file serve all; two of one name serve none but their own', async (t) => {
  const rules = ruleText({ detection: DETECTION, condition: 'serious or all of them' });
  const macros = 'version: 1\nmacros: {serious: lies_a}\n';
  const one = await loadTexts(t, [rules, macros]);
  assert.ok(one.ok && fires(one.ruleSet, 'lies_a'));
  const two = await loadTexts(t, [rules, macros, macros]);
  assert.equal(two.ok, false);
  assert.match(
    shown(two.problems)[0] ?? '',
    /condition: macro "serious" stands at \S+b\.yaml:2:10 and \S+c\.yaml:2:10; rename one/,
  );
});

test('a condition comes before a macro of its name, with a warning', async (t) => {
  const ruleSet = await ruleSetOf(t, withHead('macros: {c: lies_a}', { condition: 'c or all of them' }));
  assert.ok(fires(ruleSet, 'c') && !fires(ruleSet, 'lies_a'));
  assert.deepEqual(
    ruleSet.warnings.map(({ message }) => message),
    ['condition "c" shadows the macro of that name', 'macro "c" is not used'],
  );
});

const wrong: readonly (readonly [title: string, text: string, expected: readonly string[]])[] = [
  [
    'macros that go in a circle',
    withHead('macros:\n  x: not y\n  y: z or c\n  z: x\n  w: w', { condition: 'x' }),
    [
      'a.yaml:3:3: macro "x" goes in a circle: x > y > z > x; write one of them without the others',
      'a.yaml:4:3: macro "y" goes in a circle: y > z > x > y; write one of them without the others',
      'a.yaml:5:3: macro "z" goes in a circle: z > x > y > z; write one of them without the others',
      'a.yaml:6:3: macro "w" goes in a circle: w > w; write one of them without the others',
    ],
  ],
  [
    'an unknown name within a macro',
    withHead('macros: {serious: deep, deep: lies_a and sekes}', { condition: 'c or serious' }),
    ['a.yaml:14:21: condition: in macro serious > deep: unknown condition "sekes"; did you mean "seeks"?'],
  ],
  [
    'a macro that does not parse',
    withHead('macros: {serious: lies_a lies_b}'),
    ['a.yaml:2:26: macro "serious": expected "and", "or" or the end, found "lies_b"'],
  ],
  [
    'a fault in a macro that is a condition, at the macro and once',
    withHead('macros: {serious: {signal: {concept: decepton}, above: 1}}', {
      condition: 'serious and not (serious or c)',
    }),
    ['a.yaml:2:38: unknown concept "decepton" in featureset tiny; did you mean "deception"?'],
  ],
  [
    'an unknown key in a macro that is a condition',
    withHead('macros: {serious: {signal: {concept: deception}, abve: 1}}', { condition: 'serious' }),
    ['a.yaml:2:50: unknown key "abve" in macros.serious; did you mean "above"?'],
  ],
  [
    'macros that write out to too much',
    withHead(
      `macros:\n  m0: c or c\n${Array.from({ length: 40 }, (_, i) => `  m${i + 1}: m${i} and m${i}`).join('\n')}`,
      { condition: 'm40' },
    ),
    ['a.yaml:55:16: condition: comes to more than 2000 parts with its macros written out'],
  ],
  [
    'a later engine, before anything else of the file',
    withHead('required_engine: ">=2"\nnew_key: 1'),
    [
      'a.yaml:2:18: the file is for engine >=2, this is 1.2.0; use a telltale whose engine is in that range, or rules for this one',
    ],
  ],
  [
    'a range that is none',
    withHead('required_engine: latest'),
    ['a.yaml:2:18: required_engine must be a range of versions such as >=1.1 or "^1.1 <1.4", it is "latest"'],
  ],
  [
    'a featureset of another version',
    withHead('featureset: tiny ^2'),
    [
      'a.yaml:2:13: the rules are for featureset "tiny ^2", loaded is "tiny" 1 (feedfeedfeed); load one in that range or change the rules',
    ],
  ],
  [
    'files without any rule',
    'version: 1\nlists: {a: [b]}\n',
    ['a.yaml:1:1: no rule in this file', 'a.yaml:2:9: list "a" is not used'],
  ],
];

for (const [title, text, expected] of wrong) {
  test(`${title}: refused with its place`, async (t) => {
    const result = await loadTexts(t, [text]);
    assert.equal(result.ok, false);
    assert.deepEqual(shown(result.problems), expected);
  });
}

test('ranges of featuresets and engines admit what lies in them', async (t) => {
  const head = 'required_engine: ^1.0\nfeatureset: tiny >=1 <2';
  assert.ok((await loadTexts(t, [withHead(head)])).ok);
  const cases: [version: string, range: string, isIn: boolean][] = [
    ['1.4.2', '^1.2', true],
    ['2.0.0', '^1.2', false],
    ['0.2.0', '^0.1', false],
    ['0.0.4', '^0.0.3', false],
    ['1.3.0', '~1.2', false],
    ['1.2.9', '~1.2 <1.2.9', false],
    ['1.10.0', '>1.9', true],
    ['1.0.0', '=1', true],
    ['1.0.0', '1.0', false],
    ['1.0.0', '', false],
  ];
  for (const [version, range, isIn] of cases)
    assert.equal(isInRange(version, range), isIn, `${version} ${range}`);
});

test('any macros at all load or are refused with a place, and never hang', async (t) => {
  const word = fc.constantFrom('a', 'b', 'c', 'x', 'and', 'or', 'not', '(', ')', '1', 'of', 'them', 'lies_*');
  const expression = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
  const macros = fc.dictionary(fc.constantFrom('a', 'b', 'x', 'y'), expression, { minKeys: 1 });
  const property = fc.asyncProperty(macros, expression, async (written, condition) => {
    const text = withHead(`macros: ${JSON.stringify(written)}`, { condition: JSON.stringify(condition) });
    const result = await loadTexts(t, [text]);
    if (result.ok) {
      fires(result.ruleSet, 'c');
      return;
    }
    for (const { line, column } of result.problems) assert.ok(line >= 1 && column >= 1);
  });
  await fc.assert(property, { numRuns: 150 });
});
