import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  advance,
  beginSegment,
  calibrationText,
  createCalibrationLearner,
  diffRules,
  finish,
  inShadow,
  learnable,
  loadRules,
  type OwnCalibration,
  promisesOf,
  type RuleSet,
  routeUses,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf, featureset } from './featureset.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const ABOUT = { featureset: featureset.digest, traffic: 'our chat', created: '2026-11-26T12:00:00.000Z' };
const OUTPUT: SegmentRef = { id: 'r', target: 'output', role: 'assistant', pointer: '', choice: null };

const ONE = '{deceives: {signal: {concept: deception}, rarer_than: 1/100}}';

/** Deception's values of segments on each route, 1 to `count` plus an offset. */
type Traffic = Readonly<Record<string, readonly [count: number, offset: number]>>;

function learnerOf(ruleSet: RuleSet, traffic: Traffic, role: 'assistant' | 'user' = 'assistant') {
  const learner = createCalibrationLearner(learnable(wordDetector.featureset, ruleSet));
  for (const [route, [count, offset]] of Object.entries(traffic)) {
    for (let i = 1; i <= count; i++) {
      const activations = activationsOf([{ 10: (offset + i) / 2 }], learner.signals);
      learner.add(role, activations, route === 'none' ? null : route);
    }
  }
  return learner;
}

async function loaded(paths: readonly string[]): Promise<RuleSet> {
  const result = await loadRules(paths, featureset);
  assert.ok(result.ok, JSON.stringify(result));
  return result.ruleSet;
}

/** The rules with what the traffic taught them. */
async function taught(t: TestContext, detection: string, traffic: Traffic) {
  const directory = await temporaryDirectory(t);
  const rules = join(directory, 'a.yaml');
  await writeFile(rules, ruleText({ detection }));
  const learner = learnerOf(await loaded([rules]), traffic);
  const calibration = learner.finish(ABOUT);
  const file = join(directory, 'traffic.calibration.json');
  await writeFile(file, calibrationText(calibration));
  return { ruleSet: await loaded([directory]), learner, calibration, rules, directory };
}

/** Whether a segment on the route with this value of deception fires. */
function fires(ruleSet: RuleSet, route: string, value: number): boolean {
  const fields = { route };
  const signals = ruleSet.signalsFor('output', fields);
  const begun = beginSegment(ruleSet, OUTPUT, { fields });
  const { state } = advance(ruleSet, begun, activationsOf([{ 10: value / 2 }], signals));
  return finish(ruleSet, state).settled.length > 0;
}

test('a route with segments enough has a threshold of its own, every other that of the whole', async (t) => {
  const { ruleSet } = await taught(t, ONE, {
    '/chat': [1_000, 0],
    '/code': [1_000, 4_000],
    '/rare': [499, 0],
  });
  const of = (route: string, from: number) => {
    for (let value = from; ; value++) if (fires(ruleSet, route, value)) return value;
  };
  assert.equal(of('/chat', 900), 991);
  assert.equal(of('/code', 4_900), 4_991);
  const whole = of('/rare', 4_900);
  assert.equal(whole, 4_977, '24 of 2,499 reach it');
  assert.equal(of('/never-seen', 4_900), whole);
  assert.equal(of('/chat', 900), 991, 'plans that are kept are of one route');
});

test('what is found in shadow is found by the threshold of the route', async (t) => {
  const { ruleSet } = await taught(t, ONE, { '/chat': [1_000, 0], '/code': [1_000, 4_000] });
  const shadow = inShadow(ruleSet);
  assert.deepEqual(
    [fires(shadow, '/chat', 991), fires(shadow, '/code', 991), fires(shadow, '/code', 4_991)],
    [true, false, true],
  );
});

test('for every route it is said which segments were used, and how many more are needed', async (t) => {
  const { ruleSet, learner, calibration } = await taught(t, ONE, {
    '/chat': [600, 0],
    '/code': [100, 0],
    none: [50, 0],
  });
  const about = { rule: 'deceives', condition: 'deceives', rate: 0.01, role: 'assistant' };
  assert.deepEqual(routeUses(ruleSet, learner, calibration), [
    { ...about, route: '/chat', segments: 600, used: 'route', missing: 0 },
    { ...about, route: '/code', segments: 100, used: 'role', missing: 400 },
  ]);
  const users = learnerOf(ruleSet, { '/chat': [600, 0] }, 'user');
  const [use] = routeUses(ruleSet, users, users.finish(ABOUT));
  assert.deepEqual([use?.segments, use?.used, use?.missing], [0, 'all', 500]);
});

test('curves of a route are kept only where they carry a rate that a rule asks for', async (t) => {
  const { calibration } = await taught(t, ONE, { '/chat': [600, 0], '/code': [100, 0] });
  const kept = calibration.curves.filter(({ route }) => route !== null);
  assert.deepEqual(
    kept.map(({ signal, route, role, segments }) => [signal, route, role, segments]),
    [['concept/deception', '/chat', 'assistant', 600]],
  );
});

test('thresholds of for and then are those of the route too', async (t) => {
  const detection =
    '{deceives: {signal: {concept: deception}, rarer_than: 1/100, then: {signal: {concept: deception}, rarer_than: 1/100, within: 3}}}';
  const { ruleSet } = await taught(t, detection, { '/chat': [1_000, 0], '/code': [1_000, 4_000] });
  const twice = (route: string, value: number) => {
    const fields = { route };
    const activations = activationsOf(
      [{ 10: value / 2 }, { 10: value / 2 }],
      ruleSet.signalsFor('output', fields),
    );
    const { state } = advance(ruleSet, beginSegment(ruleSet, OUTPUT, { fields }), activations);
    return finish(ruleSet, state).settled.length > 0;
  };
  assert.deepEqual([twice('/chat', 991), twice('/chat', 990), twice('/code', 991)], [true, false, false]);
});

test('routes past the bound count for the whole alone, and that is counted', async (t) => {
  const traffic = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`/r${i}`, [10, 0] as const]));
  const { learner } = await taught(t, ONE, traffic);
  assert.equal(learner.segments(), 700);
  assert.equal(learner.routes().length, 64);
  assert.equal(learner.leftOut(), 60);
});

test('a calibration of one route twice, or of too many, is refused', async (t) => {
  const { calibration, rules, directory } = await taught(t, ONE, { '/chat': [600, 0] });
  const own = calibration.curves.filter(({ route }) => route !== null);
  const refusal = async (curves: OwnCalibration['curves']) => {
    const file = join(directory, 'traffic.calibration.json');
    await writeFile(file, calibrationText({ ...calibration, curves }));
    const result = await loadRules([rules, file], featureset);
    return result.ok ? '' : (result.problems[0]?.message ?? '');
  };
  assert.match(await refusal([...own, ...own]), /under max on \/chat is calibrated twice/);
  const many = Array.from({ length: 65 }, (_, i) => own.map((curve) => ({ ...curve, route: `/r${i}` })));
  assert.match(await refusal(many.flat()), /more than 64 routes/);
});

test('a calibration that knows no routes loads as before', async (t) => {
  const { calibration, directory } = await taught(t, ONE, { none: [600, 0] });
  const text = calibrationText(calibration);
  const old = text.replaceAll(',"route":null', '');
  assert.notEqual(old, text);
  await writeFile(join(directory, 'traffic.calibration.json'), old);
  assert.equal(fires(await loaded([directory]), '/chat', 595), true);
});

test('another threshold on one route is another promise, and rules diff names it', async (t) => {
  const before = await taught(t, ONE, { '/chat': [1_000, 0], none: [10_000, 0] });
  const after = await taught(t, ONE, { '/chat': [1_000, 50], none: [10_000, 0] });
  const print = ({ ruleSet }: typeof before) => promisesOf(ruleSet)[0]?.fingerprint;
  assert.notEqual(print(before), print(after));
  const difference = await diffRules([before.directory], [after.directory], featureset);
  assert.ok(difference.ok, JSON.stringify(difference));
  assert.match(JSON.stringify(difference), /threshold on \/chat/);
});

test('an until above the threshold of a route is refused, not left out there with all that the route was taught', async (t) => {
  const { directory, rules } = await taught(t, ONE, { '/chat': [1_000, 0], '/code': [1_000, 4_000] });
  const until = (value: number) =>
    writeFile(
      rules,
      ruleText({ detection: ONE.replace('1/100', `1/100, for: {tokens: 1, of: 2, until: ${value}}`) }),
    );
  await until(2_000);
  const result = await loadRules([directory], featureset);
  assert.match(
    (result.ok ? [] : result.problems.map(({ message }) => message)).join('; '),
    /^on route \/chat: for.until: 2000 is above the threshold 990.0\d*; give 990 or less$/,
  );
  await until(900);
  const ruleSet = await loaded([directory]);
  assert.deepEqual([fires(ruleSet, '/chat', 991), fires(ruleSet, '/code', 991)], [true, false]);
});
