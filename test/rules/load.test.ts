import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ID, loadTexts, ruleText, shown } from './rule-text.ts';

const wrong: readonly (readonly [title: string, text: string, expected: readonly string[]])[] = [
  [
    'a mistyped key is named with its place and the nearest known key',
    ruleText().replace('level:', 'levl:'),
    [
      'a.yaml:3:5: missing key "level" in rules[0]',
      'a.yaml:9:5: unknown key "levl" in rules[0]; did you mean "level"?',
    ],
  ],
  [
    'a value outside the choice is named with the nearest one',
    ruleText({ level: 'hihg' }),
    [
      'a.yaml:9:12: level must be one of informational, low, medium, high, critical, it is "hihg"; did you mean "high"?',
    ],
  ],
  [
    'a wrong type tells what it is',
    ruleText({ version: 'two' }),
    ['a.yaml:8:14: version must be a number, it is "two"'],
  ],
  [
    'an unknown concept is named with the nearest one',
    ruleText({ detection: '{deceives: {signal: {concept: decepton}, above: 4}}' }),
    ['a.yaml:12:46: unknown concept "decepton" in featureset tiny; did you mean "deception"?'],
  ],
  [
    'an unknown probe lists the probes',
    ruleText({ detection: '{deceives: {signal: {probe: wrath}, above: 4}}' }),
    ['a.yaml:12:44: unknown probe "wrath" in featureset tiny; it has honesty'],
  ],
  [
    'a feature past the dictionary is refused with the last index',
    ruleText({ detection: '{deceives: {signal: {feature: 100}, above: 4}}' }),
    [
      'a.yaml:12:46: feature 100 is past the dictionary of tiny, whose features are 0 to 99; give one of these, or load the featureset that the rule was written for',
    ],
  ],
  [
    'a label that no feature has is refused',
    ruleText({ detection: '{deceives: {signal: {feature: regrets}, above: 4}}' }),
    ['a.yaml:12:46: no feature of tiny has the label "regrets"; give the index of one'],
  ],
  [
    'a label that is worded otherwise names the nearest',
    ruleText({ detection: '{deceives: {signal: {feature: "an apology"}, above: 4}}' }),
    [
      'a.yaml:12:46: no feature of tiny has the label "an apology"; did you mean "apologies", which is feature 7?',
    ],
  ],
  [
    'a rate that the calibration cannot support says how many segments are missing',
    ruleText({ detection: '{deceives: {signal: {concept: deception}, rarer_than: 1/50000}}' }),
    [
      'a.yaml:12:70: rarer_than 1/50000: sample too small: 10000 ordinary segments cannot tell a rate of 0.00002; 40000 more ordinary segments are needed, or a less rare rate',
    ],
  ],
  [
    'a rate for an aggregate that was not calibrated names the ways out',
    ruleText({ detection: '{deceives: {signal: {feature: 3}, aggregate: mean, rarer_than: 1/10}}' }),
    [
      'a.yaml:12:79: rarer_than 1/10: no calibration: feature/3 has none for mean; learn it from your own ordinary traffic with telltale rules calibrate TRAFFIC.jsonl, or give the threshold with above',
    ],
  ],
  [
    'two thresholds on one condition are refused',
    ruleText({ detection: '{deceives: {signal: {concept: deception}, above: 4, rarer_than: 1/10}}' }),
    ['a.yaml:12:27: detection.deceives must have exactly one of above, rarer_than'],
  ],
  [
    'a rate that is not one is refused',
    ruleText({ detection: '{deceives: {signal: {concept: deception}, rarer_than: 0.001}}' }),
    ['a.yaml:12:70: deceives.rarer_than must be a rate such as 1/2000, it is 0.001'],
  ],
  [
    'an aggregate over a window needs its window',
    ruleText({ detection: '{deceives: {signal: {concept: deception}, aggregate: top_k_mean, above: 1}}' }),
    [
      'a.yaml:12:27: deceives.window goes with aggregate top_k_mean, max_rolling_mean or ema, and with no other',
    ],
  ],
  [
    'a condition expression is refused at the very token',
    ruleText({ condition: 'deceives and or deceives' }),
    ['a.yaml:13:29: condition: expected a condition, "not" or "(" after "and", found "or"'],
  ],
  [
    'an expression that breaks off is refused at its end',
    ruleText({ condition: '(deceives' }),
    ['a.yaml:13:25: condition: expected ")", found the end'],
  ],
  [
    'an unknown condition in an expression is found across the lines of a folded text',
    ruleText({ condition: '>-\n      deceives\n      or not decieves' }),
    ['a.yaml:15:14: condition: unknown condition "decieves"; did you mean "deceives"?'],
  ],
  [
    'a merge key is refused',
    ruleText({ detection: '{a: &a {signal: {concept: deception}, above: 4}, b: {<<: *a}}', condition: 'a' }),
    ['a.yaml:12:69: merge keys are not supported in detection.b; write the keys out'],
  ],
];

for (const [title, text, expected] of wrong) {
  test(title, async (t) => {
    const result = await loadTexts(t, [text]);
    assert.equal(result.ok, false);
    assert.deepEqual(shown(result.problems), expected);
  });
}

test('a rule file that is right gives a rule set with its signals and no warning', async (t) => {
  const result = await loadTexts(t, [ruleText()]);
  assert.ok(result.ok, 'loads');
  assert.deepEqual(result.ruleSet.signals, ['concept/deception']);
  assert.deepEqual(result.ruleSet.signalsFor('output'), ['concept/deception']);
  assert.deepEqual(result.ruleSet.signalsFor('input'), []);
  assert.deepEqual(result.ruleSet.warnings, []);
  assert.equal(result.ruleSet.rules[0]?.id, ID);
});
