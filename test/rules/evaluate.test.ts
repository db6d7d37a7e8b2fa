import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  advance,
  beginSegment,
  type Finding,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { ruleSetOf, ruleText } from './rule-text.ts';

type Row = Readonly<Record<number, number>>;

const OUTPUT: SegmentRef = {
  id: 'response/0',
  target: 'output',
  role: 'assistant',
  pointer: '/choices/0/message/content',
  choice: 0,
};

/** Detection of three conditions; `condition` decides how they are joined. */
const THREE = `
      lies: {signal: {concept: deception}, above: 4}
      seeks: {signal: {concept: power_seeking}, above: 2}
      breaks: {signal: {concept: jailbreak}, above: 3}
      tells: {signal: {feature: 7}, aggregate: mean, above: 0.5}`;

const CONDITIONS = [
  'lies',
  'seeks',
  'breaks',
  'tells',
  'lies and seeks',
  'lies or tells',
  'not lies',
  'seeks and not tells',
  '2 of them',
  'all of them',
  'not not breaks',
];

/** Runs rows through the rules in batches of these sizes (the last takes the rest). */
function run(ruleSet: RuleSet, rows: readonly Row[], sizes: readonly number[]) {
  let state = beginSegment(ruleSet, OUTPUT);
  const early: { readonly afterTokens: number; readonly finding: Finding }[] = [];
  let first = 0;
  for (const size of [...sizes, rows.length]) {
    const batch = activationsOf(rows.slice(first, first + size), ruleSet.signalsFor('output'), first);
    const step = advance(ruleSet, state, batch);
    first += batch.tokens.length;
    early.push(...step.findings.map((finding) => ({ afterTokens: first, finding })));
    state = step.state;
  }
  const { findings, settled } = finish(ruleSet, state);
  return { early, findings: [...early.map(({ finding }) => finding), ...findings], settled };
}

const byRule = (findings: readonly Finding[]) =>
  [...findings].sort((a, b) => a.ruleName.localeCompare(b.ruleName));

const rowArbitrary: fc.Arbitrary<Row> = fc
  .dictionary(
    fc.constantFrom('7', '10', '11', '12', '20', '21', '30', '32'),
    fc.float({ min: 0, max: 6, noNaN: true }),
  )
  .map((row) => row as Row);

test('findings are the same however the activations were split', async (t) => {
  const rules = CONDITIONS.map((condition, i) => {
    const id = `5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a${(16 + i).toString(16)}`;
    const parts = { id, name: `rule-${i}`, detection: THREE, condition };
    return ruleText(parts).replace('version: 1\nrules:\n', '');
  });
  const ruleSet = await ruleSetOf(t, `version: 1\nrules:\n${rules.join('')}`);
  const property = fc.property(
    fc.array(rowArbitrary, { maxLength: 24 }),
    fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 8 }),
    (rows, sizes) => {
      const whole = run(ruleSet, rows, []);
      const split = run(ruleSet, rows, sizes);
      assert.deepEqual(byRule(split.findings), byRule(whole.findings));
      assert.deepEqual(split.settled, whole.settled);
      const matched = byRule(split.settled).map(({ ruleName }) => ruleName);
      assert.deepEqual(
        byRule(split.findings).map(({ ruleName }) => ruleName),
        matched,
        'nothing is withdrawn',
      );
    },
  );
  fc.assert(property, { numRuns: 300 });
});
