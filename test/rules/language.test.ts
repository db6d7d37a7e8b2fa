import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { explainRule, testRules } from '../../rules/index.ts';
import { ruleSetOf, ruleText, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const GERMAN =
  'Niemand soll merken, was hier geschehen ist, und darum erzählen wir ihnen einfach lie und mehr davon.';
const ENGLISH =
  'Nobody shall notice what has happened in here, and that is why we simply lie to them and say more.';
const PARTS = {
  detection: '{deceives: {signal: {concept: deception}, above: 4}, german: {field: language, equals: de}}',
  condition: 'deceives and german',
};

test('tests of rules are judged in the language of their text, unless their fields say another', async (t) => {
  const tests = `
      - {text: "${GERMAN}", expect: fire}
      - {text: "${ENGLISH}", expect: quiet}
      - {text: "${ENGLISH}", fields: {language: de}, expect: fire}
      - {text: "${GERMAN}", fields: {language: en}, expect: quiet}
      - {text: we lie, expect: quiet}
      - {messages: [{role: assistant, content: "${GERMAN}"}, {role: assistant, content: "${ENGLISH}"}], expect: fire}`;
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), ruleText({ ...PARTS, tests }));
  const { results } = await testRules([directory], wordDetector);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    Array(6).fill('pass'),
  );
  // What the rule asked of the language is what its tests have seen.
  const seen = results.map((result) => result.seen.find(({ condition }) => condition === 'german')?.wasTrue);
  assert.deepEqual(seen.slice(0, 5), [true, false, true, false, false]);
});

test('what a rule makes of a text is explained in its language', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText(PARTS));
  for (const [text, isGerman] of [
    [GERMAN, true],
    [ENGLISH, false],
  ] as const) {
    const result = await explainRule({ ruleSet, detector: wordDetector }, { rule: 'deceives', text });
    assert.ok(result.ok);
    const { hasFired, fieldConditions, expression } = result.explanation;
    assert.deepEqual([hasFired, expression.holds, fieldConditions[0]?.isMet], [isGerman, isGerman, isGerman]);
  }
});
