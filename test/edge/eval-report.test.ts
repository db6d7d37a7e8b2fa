import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportOf } from '../../gateway/commands/eval-report.ts';
import type { RowScores } from '../../gateway/commands/row-scores.ts';

/** A row with known scores of two concepts. */
function row(
  labels: Record<string, 0 | 1>,
  scores: [hate: number, fraud: number],
  topic: string | null = null,
): RowScores {
  const [hate, fraud] = scores;
  return {
    row: {
      line: 1,
      labels: new Map(Object.entries(labels)),
      topic,
      route: null,
      segments: [{ role: 'user', text: '' }],
    },
    concepts: new Map([
      ['hate', { score: hate, value: hate * 10 }],
      ['fraud', { score: fraud, value: fraud * 10 }],
    ]),
    any: Math.max(hate, fraud) - 0.5,
    tokens: 3,
  };
}

test('known scores give exact figures: the score of any kind for any, each concept against its own label', () => {
  const rows = [
    row({ any: 1, hate: 1 }, [3, 0.5], 'a'),
    row({ any: 1, hate: 0, fraud: 1 }, [0.1, 2.25], 'a'),
    row({ any: 0, hate: 0 }, [2.4, 0.2], 'a'),
    row({ any: 0 }, [0.3, 2.7], 'b'),
    row({ hate: 1 }, [9, 9], 'b'),
  ];
  const report = reportOf(rows, 'any');
  const { by_concept, by_topic, ...whole } = report;
  assert.deepEqual(whole, {
    rows: 4,
    positives: 2,
    auroc: 0.5,
    auprc: (1 + 2 / 4) / 2,
    recall_at_1pct_fpr: 0.5,
    threshold: 2,
    precision: 0.5,
    recall: 0.5,
    f1: 0.5,
    fpr: 0.5,
  });
  assert.deepEqual(by_topic, {
    a: { rows: 3, positives: 2, auroc: 0.5, recall: 0.5, fpr: 0 },
    b: { rows: 1, positives: 0, auroc: null, recall: null, fpr: 1 },
  });
  assert.equal(by_concept['hate']?.rows, 3);
  assert.equal(by_concept['hate']?.auroc, 1);
  assert.equal(by_concept['hate']?.threshold, 2);
  assert.equal(by_concept['hate']?.fpr, 0.5);
  assert.deepEqual(
    [by_concept['fraud']?.rows, by_concept['fraud']?.auroc, by_concept['fraud']?.recall],
    [1, null, 1],
  );
});

test('one class only leaves the figures that need two undefined', () => {
  const report = reportOf([row({ any: 1 }, [3, 3])], 'any');
  assert.deepEqual(
    [report.auroc, report.auprc, report.recall_at_1pct_fpr, report.fpr, report.recall],
    [null, null, null, null, 1],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(report.by_concept['hate'])), {
    rows: 0,
    positives: 0,
    auroc: null,
    auprc: null,
    recall_at_1pct_fpr: null,
    threshold: 2,
    precision: null,
    recall: null,
    f1: null,
    fpr: null,
  });
});
