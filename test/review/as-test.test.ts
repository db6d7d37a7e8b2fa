import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { FindingView } from '../../review/index.ts';
import { asTest } from '../../review/web/src/text/as-test.ts';
import { checkRules } from '../../rules/index.ts';
import { featureset } from '../rules/featureset.ts';
import { ruleText, temporaryDirectory } from '../rules/rule-text.ts';

const finding = (change: Partial<FindingView> = {}) =>
  ({
    role: 'assistant',
    span: { start: 0, end: 1 },
    fields: [],
    disguise: null,
    parts: null,
    ...change,
  }) as FindingView;

test('whatever a text holds, the test that is made of it holds the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const [made] = parse(asTest('false_alarm', finding(), { text }) ?? '') as unknown[];
      assert.deepEqual(made, { text, role: 'assistant', expect: 'quiet', known: 'false_alarm' });
    }),
  );
});

test('the tests that verdicts make stand beside a rule as they are', async (t) => {
  const text = 'He said: "no".\n# Nobody must know: - {a: b}\n\tI will hide it.';
  const span = { start: text.indexOf('Nobody'), end: text.length };
  const made = (['correct', 'false_alarm'] as const).map((said) => asTest(said, finding({ span }), { text }));
  assert.match(made[0] ?? '', /expect: fire\n {2}span: "Nobody must know/);
  const folder = await temporaryDirectory(t);
  const tests = `\n${made.join('')}`.replaceAll('\n', '\n      ');
  await writeFile(join(folder, 'a.yaml'), ruleText({ tests }));
  const { ok, problems, rules } = await checkRules([folder], featureset);
  assert.deepEqual(
    [ok, problems.filter(({ severity }) => severity === 'error'), rules.length],
    [true, [], 1],
  );
});

test('of a disguised text no passage is asked for, and nothing is made of doubt or of a whole exchange', () => {
  const disguise = { changes: ['encoded'], text: 'it reads', span: { start: 0, end: 2 } };
  assert.doesNotMatch(asTest('correct', finding({ disguise }), { text: 'aXQ=' }) ?? '', /span/);
  assert.equal(asTest('unsure', finding(), { text: 'a' }), null);
  assert.equal(asTest('correct', finding({ parts: { count: 2, strongest: [] } }), { text: 'a' }), null);
});

test('a rule that asks for fields of the exchange fires in the test that a verdict makes, as it did there', async (t) => {
  const values = { role: 'assistant', route: '/v1/chat: #1', model: 'small', caller: null };
  const fields = [{ name: 'here', comparison: 'route startswith "/v1"', values }];
  const made = asTest('correct', finding({ fields, span: { start: 0, end: 5 } }), {
    text: 'I lie about it.',
  });
  const [read] = parse(made ?? '') as { fields: unknown }[];
  assert.deepEqual(read?.fields, { route: '/v1/chat: #1', model: 'small' });
  const folder = await temporaryDirectory(t);
  const tests = `\n${made}`.replaceAll('\n', '\n      ');
  await writeFile(join(folder, 'a.yaml'), ruleText({ tests }));
  const { problems } = await checkRules([folder], featureset);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
});
