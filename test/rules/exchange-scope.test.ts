import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadableView } from '../../detectors/index.ts';
import {
  actingRules,
  coverageOf,
  type ExchangePart,
  judgeExchange,
  runRuleTests,
} from '../../rules/index.ts';
import { createReference } from '../../rules/reference.ts';
import {
  condition,
  input,
  output,
  type Parts,
  partsOf,
  readSegment,
  rules,
  type Segment,
  type Target,
} from './exchange-segments.ts';
import { loadTexts, ruleSetOf, ruleText, shown } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

test('no segment alone decides such a rule, and the finding stands in the one that speaks for it most', async (t) => {
  const ruleSet = await rules(t, condition('aggregate: sum, above: 5, per: exchange'));
  const read = [input(1, 1), output(0, 9, 0), input(2)].map((one, i) => readSegment(ruleSet, one, `s${i}`));
  assert.deepEqual(
    read.flatMap(({ alone }) => alone),
    [],
  );
  const [finding] = judgeExchange(
    ruleSet,
    read.map(({ part }) => part),
  );
  assert.deepEqual([finding?.segment.id, finding?.firstToken, finding?.lastToken], ['s1', 0, 2]);
  assert.deepEqual(
    finding?.features.map(({ index, share }) => [index, share]),
    [[1, 1]],
  );
  const { count, segments } = finding?.exchange ?? { count: 0, segments: [] };
  assert.equal(count, 3);
  assert.deepEqual(
    segments.map(({ segment, value, span }) => [segment.id, value, span]),
    [
      ['s0', 2, { start: 0, end: 8 }],
      ['s1', 9, { start: 0, end: 12 }],
      ['s2', 2, { start: 0, end: 4 }],
    ],
  );
});

test('before the answer only that is found which it cannot undo', async (t) => {
  const open: readonly Target[] = ['output', 'tool_call'];
  const fires = async (kind: string, parts: Parts = {}) => {
    const ruleSet = await rules(t, condition(`${kind}, per: exchange`), parts);
    const before = judgeExchange(ruleSet, partsOf(ruleSet, [input(4, 4)]), open);
    const after = judgeExchange(ruleSet, partsOf(ruleSet, [input(4, 4), output(0, 0, 0, 0, 0, 0)]));
    return [before.length, after.length];
  };
  assert.deepEqual(await fires('aggregate: max, above: 3'), [1, 1], 'a maximum stays');
  assert.deepEqual(
    await fires('aggregate: count_above, token_above: 1, above: 1'),
    [1, 1],
    'so does a count',
  );
  assert.deepEqual(await fires('aggregate: mean, above: 3'), [0, 0], 'a mean may fall, and does');
  assert.deepEqual(await fires('aggregate: mean, above: 0.9'), [0, 1], 'or does not');
  assert.deepEqual(await fires('aggregate: top_k_mean, window: 4, above: 3'), [0, 0], 'of too few tokens');
  assert.deepEqual(await fires('aggregate: top_k_mean, window: 2, above: 3'), [1, 1]);
  assert.deepEqual(
    await fires('aggregate: mean, above: 3', { target: 'input' }),
    [1, 1],
    'the answer has no such segment',
  );
});

test('a condition on a segment says in which; fields and exceptions say which segments count', async (t) => {
  const detection = `{often: {signal: {feature: 1}, aggregate: sum, above: 5, per: exchange},
      here: {signal: {feature: 1}, above: 1}, by_user: {field: role, equals: user}}`;
  const ids = async (parts: Parts, segments: readonly Segment[]) => {
    const ruleSet = await rules(t, detection, parts);
    return judgeExchange(ruleSet, partsOf(ruleSet, segments)).map(({ segment }) => segment.id);
  };
  const both = { condition: 'often and here' };
  assert.deepEqual(await ids(both, [input(1, 1, 1, 1), input(2)]), ['s1']);
  assert.deepEqual(await ids(both, [input(1, 1, 1), input(1, 1, 1)]), [], 'often, and nowhere enough');
  const users = { condition: 'often and by_user' };
  assert.deepEqual(
    await ids(users, [input(3), output(9), input(2)]),
    [],
    'of the assistant, it does not count',
  );
  assert.deepEqual(await ids(users, [input(3), output(9), input(3)]), ['s0']);
  const excepted = {
    condition: 'often',
    exceptions: '[{name: search, fields: [tool], values: [[search]]}]',
  };
  const results = (tool: string): Segment[] => [
    { target: 'tool_result', tool, values: [3] },
    { target: 'tool_result', tool: 'other', values: [3] },
  ];
  assert.deepEqual(await ids(excepted, results('search')), []);
  assert.deepEqual(await ids(excepted, results('mail')), ['s0']);
  assert.deepEqual(await ids({ condition: 'here and not often' }, [input(2), input(2)]), ['s0']);
});

test('a disguised segment counts with what it reads where the exchange as it stands is quiet', async (t) => {
  const ruleSet = await rules(t, condition('aggregate: sum, above: 5, per: exchange'));
  const [plain, hidden] = partsOf(ruleSet, [input(3), input(0, 0)]);
  const readable = readSegment(ruleSet, input(4), 's1').part;
  assert.ok(plain && hidden);
  const view: ReadableView = {
    text: 'what it reads',
    changes: ['encoded'],
    origin: () => ({ start: 4, end: 8 }),
  };
  const disguised: ExchangePart = { ...hidden, view: { state: readable.state, view } };
  const [finding, ...others] = judgeExchange(ruleSet, [plain, disguised]);
  assert.deepEqual([others, finding?.conditions[0]?.value], [[], 7]);
  assert.deepEqual([finding?.span, finding?.view?.changes], [{ start: 4, end: 8 }, ['encoded']]);
  assert.deepEqual(
    finding?.exchange?.segments.map(({ value, span, firstToken, lastToken, changes }) => {
      return [value, span, firstToken, lastToken, changes];
    }),
    [
      [3, { start: 0, end: 4 }, 0, 0, undefined],
      [4, { start: 4, end: 8 }, 1, 1, ['encoded']],
    ],
    'each part stands where a person finds it in the text',
  );
  const loud = partsOf(ruleSet, [input(9)]);
  const [asItStands] = judgeExchange(ruleSet, [...loud, disguised]);
  assert.equal(asItStands?.view, undefined);
});

test('what acts on an exchange waits for its end', async (t) => {
  const enforced = { mode: 'enforce', action: 'block' };
  const [ofSegments] = actingRules(await rules(t, condition('above: 1'), enforced), 'output', {});
  const [ofExchange] = actingRules(
    await rules(t, condition('above: 1, per: exchange'), enforced),
    'output',
    {},
  );
  assert.deepEqual([ofSegments?.reach, ofExchange?.reach], [1, null]);
});

test('tests judge a conversation as one exchange', async (t) => {
  const detection = '{lies: {signal: {concept: deception}, aggregate: sum, above: 15, per: exchange}}';
  const say = (role: string, content: string) => `{role: ${role}, content: ${content}}`;
  const tests = `
      - {messages: [${say('user', 'I lie')}, ${say('assistant', 'you lie')}], expect: fire, span: lie}
      - {messages: [${say('user', 'I lie')}, ${say('assistant', 'do you')}], expect: quiet}
      - {text: I lie, expect: quiet}
      - {text: lie and lie, expect: fire}
      - {series: {concept/deception: "4x4"}, expect: fire}`;
  const loaded = await loadTexts(t, [ruleText({ target: 'any', detection, condition: 'lies', tests })]);
  assert.ok(loaded.ok, loaded.ok ? '' : shown(loaded.problems).join('\n'));
  const report = await runRuleTests(loaded.ruleSet, wordDetector);
  assert.deepEqual(
    report.results.map(({ outcome, measurements }) => [outcome, measurements[0]?.value]),
    [
      ['pass', 20],
      ['pass', 10],
      ['pass', 10],
      ['pass', 20],
      ['pass', 16],
    ],
  );
  const [rule] = coverageOf(loaded.ruleSet, report).rules;
  assert.deepEqual(rule?.conditions, [{ name: 'lies', whenTrue: 3, whenFalse: 2 }]);
});

const wrong: readonly (readonly [title: string, detection: string, parts: Parts, message: RegExp])[] = [
  [
    'a rate',
    'rarer_than: 1/200, per: exchange',
    {},
    /rarer_than is a rate of segments, .* none is known of exchanges; give the threshold with above \(telltale rules replay/,
  ],
  [
    'for',
    'above: 1, per: exchange, for: {tokens: 1, of: 2}',
    {},
    /per does not go with for, which looks at tokens/,
  ],
  [
    'a word that is none',
    'above: 1, per: exchnge',
    {},
    /per must be one of segment, exchange.*did you mean "exchange"/,
  ],
  [
    'redaction',
    'above: 1, per: exchange',
    { mode: 'enforce', action: 'redact' },
    /action: redact does not go with per: exchange/,
  ],
];

for (const [title, rest, parts, message] of wrong) {
  test(`per: exchange with ${title} is refused at its place`, async (t) => {
    const text = ruleText({ detection: condition(rest), condition: 'lies', ...parts });
    const result = await loadTexts(t, [text]);
    assert.ok(!result.ok);
    assert.match(shown(result.problems).join('\n'), message);
  });
}

test('the rule over an exchange of the reference passes its own tests', async (t) => {
  const reference = createReference();
  const [, example = ''] = /```yaml fragment\n(rules:\n.*?drawn-out.*?)```/s.exec(reference) ?? [];
  const ruleSet = await ruleSetOf(t, `version: 1\n${example}`);
  const report = await runRuleTests(ruleSet, wordDetector);
  assert.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ['pass', 'pass'],
  );
  assert.deepEqual(ruleSet.warnings, []);
});
