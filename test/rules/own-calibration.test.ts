import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  calibrationText,
  createCalibrationLearner,
  createRuleWatcher,
  learnable,
  loadRules,
  type OwnCalibration,
  tryCalibration,
} from '../../rules/index.ts';
import { activationsOf, featureset } from './featureset.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const ABOUT = { featureset: featureset.digest, traffic: 'our chat', created: '2026-11-26T12:00:00.000Z' };

/** Learned from segments of one token each, whose concept `deception` has the values given. */
function learned(values: readonly number[]): OwnCalibration {
  const learner = createCalibrationLearner(learnable(wordDetector.featureset, null));
  for (const value of values) learner.add('assistant', activationsOf([{ 10: value / 2 }], learner.signals));
  return learner.finish(ABOUT);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const rule = (rate: string) =>
  ruleText({ detection: `{deceives: {signal: {concept: deception}, rarer_than: ${rate}}}` });

async function folderWith(t: TestContext, rate: string, calibration?: OwnCalibration) {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), rule(rate));
  const file = join(directory, 'traffic.calibration.json');
  if (calibration !== undefined) await writeFile(file, calibrationText(calibration));
  return { directory, file };
}

/** The rate of a rule's condition, and what of the sample scores higher than its threshold. */
async function fires(directory: string, values: readonly number[]) {
  const loaded = await loadRules([directory], featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const compiled = loaded.ruleSet as unknown as {
    compiledRules: { conditions: { threshold: number; rateInterval: [number, number] }[] }[];
  };
  const [condition] = compiled.compiledRules[0]?.conditions ?? [];
  assert.ok(condition);
  return { ...condition, above: values.filter((value) => value > condition.threshold).length };
}

test('a calibration beside the rules is what their rates are looked up in', async (t) => {
  const values = upTo(1000);
  const { directory } = await folderWith(t, '1/100', learned(values));
  const { threshold, above, rateInterval } = await fires(directory, values);
  assert.ok(threshold > 989 && above <= 10, `${threshold}`);
  assert.ok(rateInterval[0] < 0.01 && rateInterval[1] >= 0.01);
});

test('no more than the rate asked of the sample scores above the threshold, whatever the scores', async (t) => {
  const score = fc.double({ min: -50, max: 50, noNaN: true }).map(Math.fround);
  await fc.assert(
    fc.asyncProperty(fc.array(score, { minLength: 100, maxLength: 400 }), async (values) => {
      const { directory } = await folderWith(t, '1/20', learned(values));
      const { above } = await fires(directory, values);
      assert.ok(above <= values.length / 20, `${above} of ${values.length}`);
    }),
    { numRuns: 15 },
  );
});

test('a rate that the sample cannot carry is refused with how many segments are missing', async (t) => {
  const { directory, file } = await folderWith(t, '1/2000');
  assert.ok((await loadRules([directory], featureset)).ok, 'the featureset carries it');
  const calibration = learned(upTo(1000));
  const tried = await tryCalibration([directory], { file, calibration }, featureset);
  assert.ok(!tried.ok);
  assert.match(tried.problems[0]?.message ?? '', /sample too small.*the sample has 1000; 9000 more ordinary/);
  await writeFile(file, calibrationText(calibration));
  assert.equal((await loadRules([directory], featureset)).ok, false);
});

test('a calibration of another featureset, twice the same, or no calibration is refused by name', async (t) => {
  const right = calibrationText(learned(upTo(1000)));
  const table: [text: string, message: RegExp][] = [
    [right.replace('feed', 'beef'), /learned with featureset beef.*learn it again/],
    ['{"version": 1}', /is no calibration/],
    ['{', /is no calibration/],
    [right.replace('"ranks":[1,2', '"ranks":[2,1'), /ranks must ascend/],
  ];
  for (const [text, message] of table) {
    const { directory, file } = await folderWith(t, '1/100');
    await writeFile(file, text);
    const loaded = await loadRules([directory], featureset);
    assert.ok(!loaded.ok, text.slice(0, 40));
    assert.equal(loaded.problems[0]?.file, file);
    assert.match(loaded.problems[0]?.message ?? '', message);
  }
  const { directory, file } = await folderWith(t, '1/100', learned(upTo(1000)));
  await writeFile(file.replace('traffic', 'again'), right);
  const twice = await loadRules([directory], featureset);
  assert.match(twice.ok ? '' : (twice.problems[0]?.message ?? ''), /calibrated twice/);
});

test('a new calibration beside running rules is live, and is in the digest of the set', async (t) => {
  const { directory, file } = await folderWith(t, '1/100');
  const loaded = await loadRules([directory], featureset);
  assert.ok(loaded.ok);
  const changed = Promise.withResolvers<string>();
  const watcher = await createRuleWatcher({
    paths: [directory],
    featureset,
    ruleSet: loaded.ruleSet,
    onRuleSet: ({ digest }) => changed.resolve(digest),
    onProblems: (problems) => changed.reject(new Error(problems[0]?.message)),
    debounceMs: 20,
  });
  t.after(() => watcher.close());
  await writeFile(file, calibrationText(learned(upTo(1000))));
  assert.notEqual(await changed.promise, loaded.ruleSet.digest);
});
