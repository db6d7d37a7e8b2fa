import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommitOutcome, ExchangeRecord } from '../../alerts/index.ts';
import { createDriftKeeper } from '../../gateway/drift/drift-keeper.ts';
import type { JudgedSegment } from '../../gateway/scanning/segment-scan.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { promisesOf, type RuleSet } from '../../rules/index.ts';
import { ruleSetOf, ruleText } from '../rules/rule-text.ts';

const HOUR = 3_600_000;
const COMMITTED: CommitOutcome = { outcome: 'committed', cursor: 1, alertIds: [] };

const rulesWith = (t: TestContext, rate: string) =>
  ruleSetOf(t, ruleText({ detection: `{deceives: {signal: {concept: deception}, rarer_than: ${rate}}}` }));

/** A keeper over a clock and a store of the test's. */
function bench(t: TestContext, first: RuleSet) {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-drift-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state', 'drift.json');
  const records: ExchangeRecord[] = [];
  const told: string[] = [];
  const state = { at: 1_000 * HOUR, rules: first, outcome: COMMITTED, featureset: 'feed', texts: 0 };
  const start = (windowMs = 24 * HOUR) =>
    createDriftKeeper({
      path,
      featureset: state.featureset,
      windowMs,
      factor: 3,
      checkMs: 1_000_000,
      currentRules: () => state.rules,
      ledger: {
        commit: async (record) => {
          if (state.outcome.outcome === 'committed') records.push(record);
          return state.outcome;
        },
      },
      telemetry: { recordDriftAlert: (direction, outcome) => told.push(`${direction} ${outcome}`) },
      log: createLogger('silent'),
      now: () => state.at,
    });
  /** Segments of different texts, of which some reach every threshold. */
  const segments = (count: number, reached: number): JudgedSegment[] => {
    const held = promisesOf(state.rules).map(({ key }) => key);
    return Array.from({ length: count }, (_, i) => ({
      ref: { id: `s${i}`, target: 'output', role: 'assistant', pointer: '', choice: null },
      text: `text ${state.texts++}`,
      seen: { held, reached: i < reached ? held : [] },
    }));
  };
  return { path, records, told, state, start, segments };
}

const noted = (ruleSet: RuleSet, segments: readonly JudgedSegment[]) => ({
  ruleSet,
  route: '/v1/x',
  segments,
});

test('a rate above the promised one is an alert with its figures, once a window', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { records, told, state, start, segments } = bench(t, rules);
  const keeper = await start();
  keeper.note(noted(rules, segments(1_000, 10)));
  await keeper.check();
  assert.deepEqual(told, [], 'as promised');
  keeper.note(noted(rules, segments(1_000, 150)));
  for (let i = 0; i < 3; i++) await keeper.check();
  assert.deepEqual(told, ['above raised']);
  const [record] = records;
  const [finding] = record?.findings ?? [];
  assert.equal(finding?.ruleName, 'threshold_drift_above');
  assert.equal(finding?.mode, 'flag');
  assert.equal(finding?.ruleSetDigest, rules.digest);
  assert.match(
    record?.segments[0]?.text ?? '',
    /Rule deceives, condition deceives: 160 of 2000 different segments of the last 24 hours reach its threshold, 8 % \(95 % interval 6.89 % to 9.27 %\); promised is 1 %/,
  );
  const [condition] = finding?.conditions ?? [];
  assert.equal(condition?.name, 'deceives/deceives');
  assert.equal(condition?.value, 0.08);
  assert.equal(condition?.rate, 0.01);
  state.at += 23 * HOUR;
  await keeper.check();
  assert.equal(records.length, 1);
  keeper.note(noted(rules, segments(1_000, 150)));
  state.at += 2 * HOUR;
  await keeper.check();
  assert.equal(records.length, 2, 'a window later it is said again');
  await keeper.close();
});

test('a rate that comes and goes is said once a window, and what was held back is counted', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { told, start, segments, state } = bench(t, rules);
  const keeper = await start();
  keeper.note(noted(rules, segments(200, 40)));
  await keeper.check();
  keeper.note(noted(rules, segments(4_000, 0)));
  await keeper.check();
  assert.equal(keeper.reading().rates[0]?.drift, 'none');
  keeper.note(noted(rules, segments(1_000, 400)));
  for (let i = 0; i < 3; i++) await keeper.check();
  assert.equal(keeper.reading().rates[0]?.drift, 'above');
  state.at += 30 * HOUR;
  await keeper.check();
  assert.equal(keeper.reading().rates[0]?.drift, 'none', 'nothing is within the window any more');
  assert.deepEqual(told, ['above raised', 'above held_back']);
  await keeper.close();
});

test('an alert of a time when the clock was ahead holds none back once the clock is right', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { told, start, segments, state } = bench(t, rules);
  const right = state.at;
  state.at += 9_000 * HOUR;
  const ahead = await start();
  ahead.note(noted(rules, segments(200, 40)));
  await ahead.check();
  await ahead.close();
  state.at = right;
  const keeper = await start();
  await keeper.check();
  assert.deepEqual(told, ['above raised', 'above raised']);
  state.at += 24 * HOUR;
  await keeper.check();
  assert.equal(keeper.reading().rates[0]?.segments, 0);
  await keeper.close();
});

test('a threshold that is never reached is said to be too strict', async (t) => {
  const rules = await rulesWith(t, '1/10');
  const { records, start, segments } = bench(t, rules);
  const keeper = await start();
  keeper.note(noted(rules, segments(1_000, 0)));
  await keeper.check();
  assert.equal(records[0]?.findings[0]?.ruleName, 'threshold_drift_below');
  await keeper.close();
});

test('the same text counts once a window, on each route and target by itself', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { start, segments, state } = bench(t, rules);
  const keeper = await start();
  const [one] = segments(1, 0);
  assert.ok(one);
  const input = { ...one, ref: { ...one.ref, target: 'input' as const } };
  keeper.note(noted(rules, [one, one, input]));
  keeper.note({ ruleSet: rules, route: '/v1/other', segments: [one] });
  assert.equal(keeper.reading().rates[0]?.segments, 3);
  state.at += 24 * HOUR;
  keeper.note(noted(rules, [one]));
  assert.equal(keeper.reading().rates[0]?.segments, 1);
  await keeper.close();
});

test('an alert that the store did not take is tried again', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { records, told, state, start, segments } = bench(t, rules);
  const keeper = await start();
  keeper.note(noted(rules, segments(1_000, 500)));
  state.outcome = { outcome: 'unrecorded', reason: 'disk_full', message: 'full' };
  await keeper.check();
  state.outcome = COMMITTED;
  await keeper.check();
  await keeper.check();
  assert.deepEqual(told, ['above unrecorded', 'above raised']);
  assert.equal(records.length, 1);
  await keeper.close();
});

test('a restart goes on counting and says nothing twice, from a file for the owner alone', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { path, told, start, segments } = bench(t, rules);
  const first = await start();
  first.note(noted(rules, segments(1_000, 500)));
  await first.check();
  await first.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const second = await start();
  second.note(noted(rules, segments(500, 250)));
  await second.check();
  const [rate] = second.reading().rates;
  assert.deepEqual([rate?.segments, rate?.rate, rate?.drift], [1_500, 0.5, 'above']);
  assert.deepEqual(told, ['above raised']);
  await second.close();
});

test('counts of another featureset, another window or another program are not added to', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { path, state, start, segments } = bench(t, rules);
  const fill = async () => {
    const keeper = await start();
    keeper.note(noted(rules, segments(10, 0)));
    await keeper.close();
  };
  const counted = async (windowMs?: number) => {
    const keeper = await start(windowMs);
    const [rate] = keeper.reading().rates;
    await keeper.close();
    return rate?.segments;
  };
  await fill();
  assert.equal(await counted(), 10);
  assert.equal(await counted(12 * HOUR), 0);
  await fill();
  state.featureset = 'beef';
  assert.equal(await counted(), 0);
  state.featureset = 'feed';
  await fill();
  writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":2'));
  assert.equal(await counted(), 0);
  writeFileSync(path, '{"ver');
  assert.equal(await counted(), 0);
});

test('rules that change keep the counts of thresholds that are the same, and lose the others', async (t) => {
  const rules = await rulesWith(t, '1/100');
  const { state, start, segments } = bench(t, rules);
  const keeper = await start();
  keeper.note(noted(rules, segments(10, 1)));
  state.rules = await ruleSetOf(
    t,
    ruleText({
      detection: '{deceives: {signal: {concept: deception}, rarer_than: 1/100}}',
      title: 'Another title',
    }),
  );
  assert.notEqual(state.rules.digest, rules.digest);
  keeper.note(noted(state.rules, segments(5, 0)));
  assert.equal(keeper.reading().rates[0]?.segments, 15);
  keeper.note(noted(rules, segments(5, 0)));
  assert.equal(keeper.reading().rates[0]?.segments, 15, 'an exchange of the rules of before');
  state.rules = await rulesWith(t, '1/50');
  keeper.note(noted(state.rules, segments(3, 0)));
  assert.deepEqual(
    keeper.reading().rates.map(({ promised, segments: count }) => [promised, count]),
    [[0.02, 3]],
  );
  await keeper.close();
});
