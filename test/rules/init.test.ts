import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proposeRule, runRuleTests } from '../../rules/index.ts';
import { loadTexts } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const asked = { name: 'lies', role: 'assistant', oneIn: 100, maxConcepts: 3 } as const;

async function propose(parts: {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
  readonly oneIn?: number;
}) {
  return proposeRule(wordDetector, { ...asked, ...parts });
}

test('the proposed rule loads, passes its own tests, and reads the one concept that tells the examples apart', async (t) => {
  const result = await propose({ wanted: ['a lie', 'they lie'], unwanted: ['the truth', 'sorry: no'] });
  assert.ok(result.ok);
  const { proposal } = result;
  const { concepts, misses, falseAlarms } = proposal;
  assert.deepEqual(
    concepts.map(({ concept, rate, auroc }) => [concept, rate, auroc]),
    [['deception', '1/100', 1]],
  );
  assert.deepEqual([misses, falseAlarms], [0, 0]);
  const loaded = await loadTexts(t, [proposal.text]);
  assert.ok(loaded.ok);
  const [rule] = loaded.ruleSet.rules;
  assert.deepEqual([rule?.name, rule?.target, rule?.mode], ['lies', 'output', 'shadow']);
  const report = await runRuleTests(loaded.ruleSet, wordDetector);
  assert.deepEqual([report.ok, report.counts.pass], [true, 4]);
});

test('what the rule gets wrong is marked known, and only that', async (t) => {
  const wanted = ['a lie', 'they lie', 'words without a sign'];
  const result = await propose({ wanted, unwanted: ['calm', 'what is a lie?'] });
  assert.ok(result.ok);
  const { text, misses, falseAlarms } = result.proposal;
  assert.deepEqual([misses, falseAlarms], [1, 1]);
  const loaded = await loadTexts(t, [text]);
  assert.ok(loaded.ok);
  const report = await runRuleTests(loaded.ruleSet, wordDetector);
  assert.deepEqual([report.ok, report.counts.pass, report.counts.known], [true, 3, 2]);
  assert.match(text, /words without a sign\n +expect: fire\n +known: miss/);
  assert.match(text, /what is a lie\?\n +expect: quiet\n +known: false_alarm/);
});

test('several concepts share the rate, and none is added that adds nothing', async () => {
  const result = await propose({
    wanted: ['a lie', 'they lie', 'seize', 'seize seize'],
    unwanted: ['calm', 'quiet'],
  });
  assert.ok(result.ok);
  const { concepts, misses } = result.proposal;
  const told = concepts.map(({ concept, rate }) => `${concept} ${rate}`).sort();
  assert.deepEqual([told, misses], [['deception 1/200', 'power_seeking 1/200'], 0]);
  assert.match(result.proposal.text, /condition: 1 of them/);
});

test('where nothing tells the examples apart no rule is proposed, and the nearest concept is named', async () => {
  const result = await propose({ wanted: ['one'], unwanted: ['two'] });
  assert.ok(!result.ok);
  assert.match(result.message, /1\/100 no concept finds more .* AUROC of 0\.500/);
  const rare = await propose({ wanted: ['a lie'], unwanted: ['no'], oneIn: 100_000 });
  assert.ok(!rare.ok, 'the calibration cannot carry that rate');
});
