import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  advance,
  beginSegment,
  type Fields,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { loadTexts, ruleSetOf, ruleText, shown } from './rule-text.ts';

const OUTPUT: SegmentRef = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null };
const LIES = '{signal: {concept: deception}, above: 4}';

/** Findings of a segment in which feature 10 is active, which is what the conditions called lies ask for. */
function judge(ruleSet: RuleSet, fields: Fields, segment: SegmentRef = OUTPUT) {
  const state = beginSegment(ruleSet, segment, { fields });
  const step = advance(ruleSet, state, activationsOf([{ 10: 5 }], ruleSet.signals));
  return finish(ruleSet, step.state).settled;
}

const detection = (comparison: string) => `{lies: ${LIES}, here: {field: model, ${comparison}}}`;

const comparisons: readonly (readonly [
  comparison: string,
  holds: readonly string[],
  fails: readonly string[],
])[] = [
  ['equals: a', ['a'], ['A', 'ab', '']],
  ['equals: [a, b]', ['a', 'b'], ['c']],
  ['equals: A, ignore_case: true', ['a', 'A'], ['b']],
  ['contains: b.', ['ab.c', 'b.'], ['bc', 'b']],
  ['startswith: [gpt-, o1], ignore_case: true', ['GPT-5', 'o1'], ['xgpt-', 'o']],
  ['endswith: -mini', ['a-mini', '-mini'], ['-mini2']],
  [
    'glob: "gpt-*-mini"',
    ['gpt-4-mini', 'gpt--mini', 'gpt-\n-mini'],
    ['gpt-mini', 'xgpt-4-mini', 'gpt-4-minis'],
  ],
  ['glob: "v?.(*)"', ['v1.()', 'v2.(x)'], ['v.()', 'v12.()']],
  ['glob: ["a*", "*z"], ignore_case: true', ['AB', 'bZ'], ['ba']],
  ['regex: "^(gpt|o)-?[0-9]+$"', ['gpt-4', 'o1'], ['gpt-x', 'xgpt-4']],
  ['regex: "MINI", ignore_case: true', ['a-mini-b'], ['min']],
  ['regex: "(a+)+$"', ['aaa'], [`${'a'.repeat(1000)}b`]],
];

for (const [comparison, holding, failing] of comparisons) {
  test(`a field compares as "${comparison}" says`, async (t) => {
    const ruleSet = await ruleSetOf(
      t,
      ruleText({ detection: detection(comparison), condition: 'lies and here' }),
    );
    for (const model of holding) assert.equal(judge(ruleSet, { model }).length, 1, model);
    for (const model of failing) assert.equal(judge(ruleSet, { model }).length, 0, model);
  });
}

test('a glob matches as a matcher that tries every way does', async (t) => {
  const letter = fc.constantFrom('a', 'b', '*', '?', '.', '\\');
  const slow = (glob: string, text: string): boolean => {
    if (glob === '') return text === '';
    const [first, rest] = [glob.charAt(0), glob.slice(1)];
    if (first === '*') return slow(rest, text) || (text !== '' && slow(glob, text.slice(1)));
    return text !== '' && (first === '?' || first === text.charAt(0)) && slow(rest, text.slice(1));
  };
  const property = fc.asyncProperty(
    fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join('')),
    fc.array(fc.array(fc.constantFrom('a', 'b', '.', '\\'), { maxLength: 6 }), {
      minLength: 1,
      maxLength: 8,
    }),
    async (glob, texts) => {
      const comparison = `glob: ${JSON.stringify(glob)}`;
      const ruleSet = await ruleSetOf(
        t,
        ruleText({ detection: detection(comparison), condition: 'lies and here' }),
      );
      for (const letters of texts) {
        const model = letters.join('');
        assert.equal(judge(ruleSet, { model }).length, slow(glob, model) ? 1 : 0, `${glob} on ${model}`);
      }
    },
  );
  await fc.assert(property, { numRuns: 80 });
});

test('what is not known compares with nothing', async (t) => {
  const rule = (condition: string) =>
    ruleSetOf(t, ruleText({ detection: detection('glob: "*"'), condition }));
  assert.equal(judge(await rule('lies and here'), {}).length, 0);
  assert.equal(judge(await rule('lies and here'), { model: null }).length, 0);
  assert.equal(judge(await rule('lies and not here'), {}).length, 1);
});

test('the beginning of a long value is compared, whatever its length', async (t) => {
  const ruleSet = await ruleSetOf(
    t,
    ruleText({ detection: detection('endswith: x'), condition: 'lies and here' }),
  );
  assert.equal(judge(ruleSet, { model: `${'a'.repeat(1023)}x${'b'.repeat(1_000_000)}` }).length, 1);
  assert.equal(judge(ruleSet, { model: `${'a'.repeat(1024)}x` }).length, 0);
});

test("role, target and tool are the segment's own, whatever the exchange says", async (t) => {
  const call: SegmentRef = { ...OUTPUT, target: 'tool_call', tool: 'transfer' };
  const own = `{lies: ${LIES}, here: {field: tool, equals: transfer}, side: {field: target, equals: tool_call}}`;
  const ruleSet = await ruleSetOf(t, ruleText({ target: 'any', detection: own, condition: 'all of them' }));
  assert.equal(judge(ruleSet, { target: 'input', role: 'user' }, call).length, 1);
  assert.equal(judge(ruleSet, { target: 'tool_call', tool: 'transfer' }).length, 0);
});

test('a rule that the fields rule out asks for no signal', async (t) => {
  const ruleSet = await ruleSetOf(
    t,
    ruleText({ detection: detection('equals: small'), condition: 'lies and here' }),
  );
  assert.deepEqual(ruleSet.signalsFor('output'), ['concept/deception']);
  assert.deepEqual(ruleSet.signalsFor('output', { model: 'small' }), ['concept/deception']);
  assert.deepEqual(ruleSet.signalsFor('output', { model: 'large' }), []);
});

test('a finding says which comparison spoke for it, and with what', async (t) => {
  const parts = { detection: detection('startswith: sm'), condition: 'lies and here' };
  const [finding] = judge(await ruleSetOf(t, ruleText(parts)), { model: 'small' });
  assert.deepEqual(finding?.fields, [
    { name: 'here', comparison: 'model startswith "sm"', values: { model: 'small' } },
  ]);
  const [plain] = judge(await ruleSetOf(t, ruleText()), { model: 'small' });
  assert.ok(plain !== undefined && !('fields' in plain));
});

test('a rule that fields alone decide still needs a token', async (t) => {
  const parts = { detection: detection('equals: small'), condition: 'lies or here' };
  const ruleSet = await ruleSetOf(t, ruleText(parts));
  const empty = beginSegment(ruleSet, OUTPUT, { fields: { model: 'small' } });
  assert.equal(finish(ruleSet, empty).settled.length, 0);
  const step = advance(ruleSet, empty, activationsOf([{}], ruleSet.signals));
  assert.equal(step.findings.length, 1, 'what fields decide is decided with the first token');
});

const EXCEPTIONS = `
      - name: the evaluation team
        fields: [tenant, model]
        comparisons: [startswith, equals]
        values:
          - [evaluation-, [small, large]]
          - [{list: friends}, {list: friends}]`;

test('an exception holds where all fields of some row compare', async (t) => {
  const text = ruleText({ exceptions: EXCEPTIONS }).replace('rules:', 'lists: {friends: [ann, bob]}\nrules:');
  const ruleSet = await ruleSetOf(t, text);
  const fires = (fields: Fields) => judge(ruleSet, fields).length === 1;
  assert.equal(fires({ tenant: 'evaluation-7', model: 'small' }), false);
  assert.equal(fires({ tenant: 'evaluation-7', model: 'ann' }), true);
  assert.equal(fires({ tenant: 'bobby', model: 'ann' }), false);
  assert.equal(fires({ tenant: 'evaluation-7' }), true, 'an unknown field excepts nothing');
  assert.equal(fires({}), true);
});

const refused: readonly (readonly [
  title: string,
  parts: Readonly<Record<string, string>>,
  expected: string,
])[] = [
  [
    'a pattern with a back-reference',
    { detection: detection('regex: "(a)\\\\1"'), condition: 'lies and here' },
    'regex "(a)\\\\1": invalid escape sequence: "\\1"; write it in RE2 syntax, without look-around and back-references',
  ],
  [
    'look-ahead',
    { detection: detection('regex: "(?=a)"'), condition: 'lies and here' },
    'regex "(?=a)": invalid or unsupported Perl syntax: "(?="',
  ],
  [
    'a pattern that explodes when it is compiled',
    { detection: detection('regex: "((a{100}){100}){100}"'), condition: 'lies and here' },
    'regex "((a{100}){100}){100}": invalid repeat count: "{100}"; repeats within each other may come to 1000 together',
  ],
  [
    'a pattern that is too large for the engine',
    { detection: detection('regex: "(a{1,1000}){1,1000}"'), condition: 'lies and here' },
    'expression too large; repeat less or write several patterns',
  ],
  [
    'a pattern that is too costly',
    { detection: detection('regex: "(a|b|c){1,200}"'), condition: 'lies and here' },
    'instructions, more than 500',
  ],
  [
    'a long pattern',
    { detection: detection(`regex: "${'a'.repeat(300)}"`), condition: 'lies and here' },
    'a regex of 300 characters, more than 256',
  ],
  [
    'a list that is not there',
    { detection: detection('equals: {list: frends}'), condition: 'lies and here' },
    'unknown list "frends"; did you mean "friends"?',
  ],
  [
    'a field that is not there',
    { detection: `{lies: ${LIES}, here: {field: modle, equals: a}}`, condition: 'lies and here' },
    'must be one of route, dialect, model, tenant, caller, language, role, target, tool, conversation, it is "modle"; did you mean "model"?',
  ],
  [
    'a rule on fields alone',
    { detection: `{lies: ${LIES}, here: {field: model, equals: a}}`, condition: 'not here' },
    'condition: names no condition on a signal; fields alone find nothing in a text',
  ],
  [
    'a field with a threshold',
    { detection: detection('equals: a, above: 3'), condition: 'lies and here' },
    'here.above goes with signal, not with field, it is 3',
  ],
  [
    'two comparisons',
    { detection: detection('equals: a, glob: b'), condition: 'lies and here' },
    'detection.here must have exactly one of equals, contains, startswith, endswith, glob, regex',
  ],
  [
    'a row of an exception with a value too few',
    { exceptions: '[{name: x, fields: [tenant, model], values: [[a]]}]' },
    'must have one value for each of 2 fields',
  ],
  [
    'a broken pattern in an exception',
    { exceptions: '[{name: x, fields: [model], comparisons: [regex], values: [["("]]}]' },
    'regex "(": missing closing ): "("',
  ],
];

for (const [title, parts, expected] of refused) {
  test(`${title} is refused at its place`, async (t) => {
    const lists = 'lists: {friends: [ann, bob]}\nrules:';
    const result = await loadTexts(t, [ruleText(parts).replace('rules:', lists)]);
    assert.equal(result.ok, false);
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    assert.equal(errors.length, 1, shown(errors).join('\n'));
    assert.ok(errors[0]?.message.includes(expected), errors[0]?.message);
    assert.ok((errors[0]?.line ?? 0) > 12, shown(errors).join());
  });
}
