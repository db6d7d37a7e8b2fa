import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  advance,
  beginSegment,
  type CalibrationLearner,
  calibrationText,
  createCalibrationLearner,
  finish,
  learnable,
  loadRules,
  loadToLearn,
  promisesOf,
  promisesSeen,
  type RuleSet,
  tryCalibration,
} from '../../rules/index.ts';
import { activationsOf, featureset } from './featureset.ts';
import { ruleText, shown, temporaryDirectory } from './rule-text.ts';

type Row = Readonly<Record<number, number>>;

const ABOUT = { featureset: featureset.digest, traffic: 'our chat', created: '2026-11-26T12:00:00.000Z' };
const OUTPUT = { id: 's', target: 'output', role: 'assistant', pointer: '', choice: null } as const;
const SEGMENTS = 400;

/** Numbers that look like chance and are the same each time: x' = 16807 x mod (2^31 - 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Segments of 3 to 14 tokens; values of both signs. */
const TRAFFIC: readonly (readonly Row[])[] = (() => {
  const next = numbers(20_261_126);
  return Array.from({ length: SEGMENTS }, () =>
    Array.from({ length: 3 + Math.floor(next() * 12) }, () => ({
      1: 4 * next() - 1,
      2: 3 * next(),
      10: next() * 2,
    })),
  );
})();

const CONDITIONS = [
  '{signal: {feature: 1}, aggregate: sum, rarer_than: 1/40}',
  '{signal: {concept: deception}, aggregate: count_above, token_above: 2, rarer_than: 1/40}',
  '{signal: {feature: 1}, aggregate: ema, window: 4, rarer_than: 1/40}',
  '{signal: {feature: 1}, aggregate: mean, rarer_than: 1/40}',
  '{signal: {feature: 1}, minus: {feature: 2}, rarer_than: 1/40}',
  '{signal: {feature: 1}, minus: {feature: 2}, aggregate: mean, rarer_than: 1/40}',
  '{signal: {feature: 1}, minus: {feature: 2}, aggregate: sum, rarer_than: 1/40}',
] as const;

async function folderOf(t: TestContext, condition: string): Promise<string> {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), ruleText({ detection: `{deceives: ${condition}}` }));
  return directory;
}

async function learn(directory: string, segments = TRAFFIC): Promise<CalibrationLearner> {
  const loaded = await loadToLearn([directory], featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const learner = createCalibrationLearner(learnable(featureset, loaded.ruleSet));
  for (const rows of segments) learner.add('assistant', activationsOf(rows, learner.signals));
  return learner;
}

async function calibrated(directory: string): Promise<RuleSet> {
  const calibration = (await learn(directory)).finish(ABOUT);
  await writeFile(join(directory, 'traffic.calibration.json'), calibrationText(calibration));
  const loaded = await loadRules([directory], featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.ruleSet;
}

function outcomes(ruleSet: RuleSet) {
  return TRAFFIC.map((rows) => {
    const activations = activationsOf(rows, ruleSet.signals);
    const { state } = advance(ruleSet, beginSegment(ruleSet, OUTPUT), activations);
    return {
      fires: finish(ruleSet, state).settled.length > 0,
      reached: promisesSeen(state).reached.length > 0,
    };
  });
}

for (const condition of CONDITIONS) {
  test(`${condition}: the rate is learned from traffic, and holds on it`, async (t) => {
    const directory = await folderOf(t, condition);
    const without = await loadRules([directory], featureset);
    assert.ok(!without.ok);
    assert.match(
      without.problems[0]?.message ?? '',
      /no calibration.*; .*learn it from your own ordinary traffic with telltale rules calibrate/,
    );
    const ruleSet = await calibrated(directory);
    const [promise] = promisesOf(ruleSet);
    assert.equal(promise?.minus, condition.includes('minus') ? 'feature/2' : null);
    const found = outcomes(ruleSet);
    const fired = found.filter(({ fires }) => fires).length;
    assert.ok(fired >= 1 && fired <= SEGMENTS / 40, `${fired} of ${SEGMENTS}`);
    assert.equal(found.filter(({ reached }) => reached).length, fired, 'what is held against live traffic');
  });
}

test('for and then keep the rate of single tokens of a difference too', async (t) => {
  const difference = '{signal: {feature: 1}, minus: {feature: 2}, rarer_than: 1/20';
  for (const rest of [
    'for: {tokens: 2, of: 4}}',
    'then: {signal: {feature: 2}, minus: {feature: 1}, rarer_than: 1/20, within: 5}}',
  ]) {
    const directory = await folderOf(t, `${difference}, ${rest}`);
    const without = await loadRules([directory], featureset);
    assert.ok(!without.ok, rest);
    const fired = outcomes(await calibrated(directory)).filter(({ fires }) => fires).length;
    assert.ok(fired <= SEGMENTS / 20, `${fired} of ${SEGMENTS}`);
  }
});

test('a step of then that takes a signal off is not given the rate of the signal alone', async (t) => {
  const condition =
    '{signal: {feature: 1}, above: 1, then: {signal: {feature: 2}, minus: {feature: 3}, rarer_than: 1/20, within: 5}}';
  const loaded = await loadRules([await folderOf(t, condition)], featureset);
  assert.ok(!loaded.ok);
  assert.match(loaded.problems[0]?.message ?? '', /feature\/2 minus feature\/3 has no calibration for max/);
});

test('curves of other levels, windows and signals are not taken for one another', async (t) => {
  const directory = await folderOf(t, CONDITIONS[1]);
  await calibrated(directory);
  for (const [from, to] of [
    ['token_above: 2', 'token_above: 2.5'],
    ['aggregate: count_above, token_above: 2', 'aggregate: ema, window: 9'],
    ['aggregate: count_above, token_above: 2', 'minus: {feature: 4}'],
  ] as const) {
    const changed = CONDITIONS[1].replace(from, to);
    await writeFile(join(directory, 'a.yaml'), ruleText({ detection: `{deceives: ${changed}}` }));
    const loaded = await loadRules([directory], featureset);
    assert.ok(!loaded.ok, to);
    assert.match(loaded.problems[0]?.message ?? '', /no calibration/);
  }
});

test('traffic too small for the rate is refused with how many segments are missing', async (t) => {
  const directory = await folderOf(t, CONDITIONS[0]);
  const calibration = (await learn(directory, TRAFFIC.slice(0, 150))).finish(ABOUT);
  const file = join(directory, 'traffic.calibration.json');
  const tried = await tryCalibration([directory], { file, calibration }, featureset);
  assert.ok(!tried.ok);
  assert.match(tried.problems[0]?.message ?? '', /sample too small.*; 50 more ordinary segments are needed/);
});

test('a route with traffic enough has a threshold of its own for a sum too', async (t) => {
  const directory = await folderOf(t, CONDITIONS[0]);
  const learner = await learn(directory, []);
  for (const [i, rows] of TRAFFIC.entries()) {
    const high = rows.map((row) => ({ ...row, 1: (row[1] ?? 0) + 3 }));
    const isChat = i % 2 === 0;
    learner.add(
      'assistant',
      activationsOf(isChat ? high : rows, learner.signals),
      isChat ? '/chat' : '/other',
    );
  }
  const text = calibrationText(learner.finish(ABOUT));
  await writeFile(join(directory, 'traffic.calibration.json'), text);
  const loaded = await loadRules([directory], featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { compiledRules } = loaded.ruleSet as unknown as {
    compiledRules: { onRoutes: Map<string, { conditions: { threshold: number }[] }> }[];
  };
  const on = (route: string) => compiledRules[0]?.onRoutes.get(route)?.conditions[0]?.threshold ?? Number.NaN;
  assert.ok(on('/chat') > on('/other') + 10, `${on('/chat')} ${on('/other')}`);
});

test('a rate over a whole exchange is refused, and a broken rule stops the learning', async (t) => {
  const exchange = await folderOf(t, '{signal: {feature: 1}, per: exchange, rarer_than: 1/40}');
  const loaded = await loadToLearn([exchange], featureset);
  assert.ok(!loaded.ok);
  assert.match(
    shown(loaded.problems)[0] ?? '',
    /rarer_than is a rate of segments.*give the threshold with above/,
  );
});
