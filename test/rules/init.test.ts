import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detector, Featureset } from '../../detectors/index.ts';
import { proposeRule, runRuleTests } from '../../rules/index.ts';
import { chanceOfChoice } from '../../rules/init/chance-of-choice.ts';
import { chooseSignals } from '../../rules/init/choose-signals.ts';
import type { SignalScores } from '../../rules/init/score-examples.ts';
import { featureset } from './featureset.ts';
import { loadTexts } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const asked = { name: 'lies', role: 'assistant', oneIn: 100, maxSignals: 3 } as const;

async function propose(parts: {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
  readonly oneIn?: number;
  readonly detector?: Detector;
}) {
  const { detector = wordDetector, ...examples } = parts;
  return proposeRule(detector, { ...asked, ...examples });
}

/** Here a feature of 5 is as rare as a concept of 10, so that one word is above the threshold of both. */
function withFeatures(parts: Partial<Featureset> = {}): Detector {
  const threshold: Featureset['threshold'] = (signal, aggregate, rate) => {
    const found = featureset.threshold(signal, aggregate, rate);
    const isFeature = signal.startsWith('feature/');
    return isFeature && !('refused' in found) ? { ...found, value: found.value / 2 } : found;
  };
  return { ...wordDetector, featureset: { ...featureset, threshold, ...parts } };
}

test('the proposed rule loads, passes its own tests, and reads the one concept that tells the examples apart', async (t) => {
  const result = await propose({ wanted: ['a lie', 'they lie'], unwanted: ['the truth', 'sorry: no'] });
  assert.ok(result.ok);
  const { proposal } = result;
  const { signals, misses, falseAlarms } = proposal;
  assert.deepEqual(
    signals.map(({ signal, rate, auroc }) => [signal, rate, auroc]),
    [['concept/deception', '1/100', 1]],
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
  const { signals, misses } = result.proposal;
  const told = signals.map(({ signal, rate }) => `${signal} ${rate}`).sort();
  assert.deepEqual([told, misses], [['concept/deception 1/200', 'concept/power_seeking 1/200'], 0]);
  assert.match(result.proposal.text, /condition: 1 of them/);
});

test('where nothing tells the examples apart no rule is proposed, and the nearest concept is named', async () => {
  const result = await propose({ wanted: ['one'], unwanted: ['two'] });
  assert.ok(!result.ok);
  assert.match(result.message, /1\/100 none of 3 concepts and 100 features finds more .* AUROC of 0\.500/);
  const rare = await propose({ wanted: ['a lie'], unwanted: ['no'], oneIn: 100_000 });
  assert.ok(!rare.ok, 'the calibration cannot carry that rate');
});

test('a feature that finds more than any concept is proposed by its label', async (t) => {
  const detector = withFeatures();
  const result = await propose({
    wanted: ['sorry', 'so sorry'],
    unwanted: ['calm', 'a lie', 'quiet'],
    detector,
  });
  assert.ok(result.ok);
  const { text, signals, compared } = result.proposal;
  assert.deepEqual(
    signals.map(({ signal, definition, label, auroc }) => [signal, definition, label, auroc]),
    [['feature/7', { feature: 'apologies' }, 'apologies', 1]],
  );
  assert.deepEqual(compared, { concepts: 3, features: 100 });
  assert.match(text, /feature: apologies\n/);
  assert.doesNotMatch(text, /^featureset:/m);
  const loaded = await loadTexts(t, [text], detector.featureset);
  assert.ok(loaded.ok);
  const report = await runRuleTests(loaded.ruleSet, detector);
  assert.deepEqual([report.ok, report.counts.pass], [true, 5]);
});

test('a feature whose label is not its own is proposed by index, for this featureset alone', async (t) => {
  const detector = withFeatures({ featureByLabel: () => undefined });
  const result = await propose({ wanted: ['sorry', 'so sorry'], unwanted: ['calm', 'quiet'], detector });
  assert.ok(result.ok);
  const { text } = result.proposal;
  assert.match(text, /feature: 7 # apologies\n/);
  assert.match(text, /^featureset: feedfeedfeed$/m);
  const loaded = await loadTexts(t, [text], detector.featureset);
  assert.ok(loaded.ok);
  const other = await loadTexts(t, [text], { ...detector.featureset, digest: 'beef'.repeat(16) });
  assert.ok(!other.ok, 'feature 7 of another featureset is another');
});

test('a concept goes before a feature that finds as much', async () => {
  const detector = withFeatures();
  const result = await propose({ wanted: ['a lie', 'they lie'], unwanted: ['calm', 'quiet'], detector });
  assert.ok(result.ok);
  assert.deepEqual(
    result.proposal.signals.map(({ signal }) => signal),
    ['concept/deception'],
  );
  const more = await propose({ wanted: ['a lie', 'sorry'], unwanted: ['calm', 'quiet'], detector });
  assert.ok(more.ok);
  assert.deepEqual(
    more.proposal.signals.map(({ signal }) => signal),
    ['concept/deception', 'feature/7'],
    'and beside one that finds others',
  );
});

test('a feature that the calibration promises no rate for is neither proposed nor counted', async () => {
  const { threshold } = withFeatures().featureset;
  const detector = withFeatures({
    threshold: (signal, aggregate, rate) =>
      signal === 'feature/7'
        ? { refused: 'no calibration', message: 'only its density is known', segmentsMissing: 0 }
        : threshold(signal, aggregate, rate),
  });
  const result = await propose({ wanted: ['sorry', 'so sorry'], unwanted: ['calm', 'quiet'], detector });
  assert.ok(!result.ok);
  assert.match(result.message, /none of 3 concepts and 99 features finds more/);
});

test('few examples are said to be explained by chance, many that agree are not', async () => {
  const detector = withFeatures();
  const few = await propose({ wanted: ['sorry', 'so sorry'], unwanted: ['calm', 'quiet'], detector });
  assert.ok(few.ok);
  const { chance, warning, text } = few.proposal;
  assert.ok(chance.asGood > 100 && chance.asGood < 250, `one in six, not ${chance.asGood} of 999`);
  assert.match(warning, /among 3 concepts and 100 features; .* it may be chance, so give more examples/);
  assert.ok(text.replace(/\n# */g, ' ').includes(warning), 'who reads the file is told too');
  const of = (words: string) => Array.from({ length: 10 }, (_, i) => `${words} ${i}`);
  const many = await propose({ wanted: of('sorry'), unwanted: of('calm'), detector });
  assert.ok(many.ok);
  assert.deepEqual(many.proposal.chance, { draws: 999, asGood: 0, probability: 0.001 });
  assert.match(many.proposal.warning, /hardly chance/);
});

test('noise that looks like a finding, for so many signals were looked at, is said to be chance', () => {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const noise = (place: number): SignalScores => ({
    signal: `feature/${place}`,
    definition: { feature: place },
    label: null,
    aggregate: { kind: 'max', window: 1 },
    thresholds: [0.6],
    scores: Array.from({ length: 16 }, random),
  });
  const likely = { chosenAlone: 0, amongAll: 0 };
  for (let i = 0; i < 10; i += 1) {
    const signals = Array.from({ length: 200 }, (_, place) => noise(place));
    const examples = { wanted: 8, oneIn: 100, atMost: 1 };
    const [chosen] = chooseSignals({ signals, ...examples });
    const alone = signals.filter(({ signal }) => signal === chosen?.signal);
    if (chanceOfChoice({ signals: alone, ...examples }).probability <= 0.05) likely.chosenAlone += 1;
    if (chanceOfChoice({ signals, ...examples }).probability <= 0.05) likely.amongAll += 1;
  }
  assert.ok(likely.chosenAlone >= 7, `looked at alone it passes for a finding, ${likely.chosenAlone} of 10`);
  assert.ok(likely.amongAll <= 1, `${likely.amongAll} of 10`);
});
