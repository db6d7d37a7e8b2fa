import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  auroc,
  averagePrecision,
  metricsAt,
  recallAtFpr,
  type ScoredLabel,
} from '../../detectors/metrics.ts';
import golden from '../golden/metrics.json' with { type: 'json' };

const rowsOf = (scores: readonly number[], labels: readonly number[]): ScoredLabel[] =>
  scores.map((score, index) => ({ score, isPositive: labels[index] === 1 }));

const near = (actual: number | null, expected: number, what: string) =>
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${what}: ${actual}, not ${expected}`);

test('small cases give the figures computed by hand', () => {
  // Descending: 1+, 0.8-, 0.8+, 0.5+, 0.2-
  const rows = rowsOf([0.5, 0.8, 1, 0.2, 0.8], [1, 0, 1, 0, 1]);
  // Of 6 pairs the positives win 1: 2, 0.8: 1.5, 0.5: 1.
  near(auroc(rows), 4.5 / 6, 'auroc');
  // At 1: R 1/3, P 1. At 0.8: R 2/3, P 2/3. At 0.5: R 1, P 3/4.
  near(averagePrecision(rows), (1 + 2 / 3 + 3 / 4) / 3, 'average precision');
  near(recallAtFpr(rows, 0.01), 1 / 3, 'recall at 1 % FPR');
  near(recallAtFpr(rows, 0.5), 1, 'recall at 50 % FPR');
  assert.deepEqual(metricsAt(rows, 0.8), { precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, fpr: 0.5 });
});

test('the figures are those of scikit-learn, with and without ties', () => {
  for (const [index, expected] of golden.entries()) {
    const rows = rowsOf(expected.scores, expected.labels);
    const actual: Record<string, number | null> = {
      auroc: auroc(rows),
      auprc: averagePrecision(rows),
      recall_at_1pct_fpr: recallAtFpr(rows, 0.01),
      ...metricsAt(rows, expected.threshold),
    };
    for (const [name, value] of Object.entries(actual)) {
      near(value, expected[name as 'auroc'], `case ${index}: ${name}`);
    }
  }
});

test('what is undefined is null', () => {
  const oneClass = rowsOf([1, 2], [1, 1]);
  for (const figure of [auroc(oneClass), averagePrecision(oneClass), recallAtFpr(oneClass, 0.01)]) {
    assert.equal(figure, null);
  }
  assert.deepEqual(metricsAt(oneClass, 2), { precision: 1, recall: 0.5, f1: 2 / 3, fpr: null });
  assert.deepEqual(metricsAt(rowsOf([1], [0]), 2), { precision: null, recall: null, f1: null, fpr: 0 });
  assert.deepEqual(metricsAt([], 2), { precision: null, recall: null, f1: null, fpr: null });
  near(recallAtFpr(rowsOf([1, 1], [1, 0]), 0.01), 0, 'no threshold is good enough');
});

test('equal scores say nothing, and the order of rows does not matter', () => {
  const row = fc.record({ score: fc.integer({ min: 0, max: 5 }), isPositive: fc.boolean() });
  fc.assert(
    fc.property(fc.array(row, { minLength: 2 }), (rows) => {
      const turned = rows.toReversed();
      assert.equal(auroc(rows), auroc(turned));
      assert.equal(averagePrecision(rows), averagePrecision(turned));
      const flat = auroc(rows.map(({ isPositive }) => ({ score: 1, isPositive })));
      assert.ok(flat === null || flat === 0.5);
    }),
  );
});
