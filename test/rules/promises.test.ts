import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  beginSegment,
  inShadow,
  promisesOf,
  promisesSeen,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { ID, ruleSetOf, ruleText } from './rule-text.ts';

const OUTPUT: SegmentRef = { id: 'r', target: 'output', role: 'assistant', pointer: '', choice: null };

const DETECTION = `
      lies: {signal: {concept: deception}, rarer_than: 1/10}
      fixed: {signal: {feature: 7}, above: 1}
      lasts: {signal: {feature: 30}, rarer_than: 1/5, for: {tokens: 2, of: 4}}
      turns: {signal: {feature: 20}, rarer_than: 1/4, then: {signal: {feature: 30}, rarer_than: 1/100, within: 5}}`;

function seen(ruleSet: RuleSet, rows: readonly Readonly<Record<number, number>>[]) {
  const activations = activationsOf(rows, ruleSet.signalsFor('output'));
  return promisesSeen(advance(ruleSet, beginSegment(ruleSet, OUTPUT), activations).state);
}

test('every rate that an active rule states is a promise; of for and then a bound', async (t) => {
  const parts = { detection: DETECTION, condition: 'lies and fixed and lasts and turns' };
  const ruleSet = await ruleSetOf(t, ruleText(parts));
  const told = promisesOf(ruleSet).map(({ key, rate, isBound }) => ({ key, rate, isBound }));
  assert.deepEqual(told, [
    { key: `${ID}/lies`, rate: 0.1, isBound: false },
    { key: `${ID}/lasts`, rate: 0.2, isBound: true },
    { key: `${ID}/turns`, rate: 0.01, isBound: true },
  ]);
  assert.deepEqual(promisesOf(await ruleSetOf(t, ruleText({ ...parts, mode: 'off' }))), []);
  assert.equal(promisesOf(inShadow(ruleSet)).length, 3);
});

test('a segment is held against the thresholds of the rules that read it, whatever else they ask', async (t) => {
  const parts = { detection: DETECTION, condition: 'lies and fixed and lasts and turns' };
  const ruleSet = await ruleSetOf(t, ruleText(parts));
  const all = [`${ID}/lies`, `${ID}/lasts`, `${ID}/turns`];
  const table: [rows: Readonly<Record<number, number>>[], reached: string[]][] = [
    [[{ 10: 1 }], []],
    [[{ 10: 4.5 }], []],
    [[{ 10: 4.6 }], [`${ID}/lies`]],
    [[{ 30: 8.1 }, {}, { 30: 8.1 }], [`${ID}/lasts`]],
    [[{ 20: 7.6 }, { 30: 9.95 }], [`${ID}/turns`]],
  ];
  for (const [rows, reached] of table) {
    assert.deepEqual(seen(ruleSet, rows), { held: all, reached }, JSON.stringify(rows));
  }
  assert.deepEqual(seen(ruleSet, []), { held: [], reached: [] }, 'a text without tokens has no score');
});

test('a threshold that has become another has another fingerprint; words of the rule change nothing', async (t) => {
  const detection = (rate: string) => `{lies: {signal: {concept: deception}, rarer_than: ${rate}}}`;
  const of = async (parts: Record<string, string>) =>
    promisesOf(await ruleSetOf(t, ruleText({ condition: 'lies', ...parts })))[0]?.fingerprint;
  const one = await of({ detection: detection('1/10') });
  assert.equal(await of({ detection: detection('1/10'), title: 'Another', version: '2' }), one);
  assert.notEqual(await of({ detection: detection('1/20') }), one);
});
