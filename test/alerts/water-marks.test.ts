import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWaterMarks } from '../../alerts/water-marks.ts';
import { until } from './sinks.ts';

test('a store that is above its mark is measured again by itself, until it is below or closed', async () => {
  let waiting = 5;
  let measured = 0;
  const measure = async () => {
    measured += 1;
    return { outboxRows: waiting, bytes: 0 };
  };
  const options = { rows: 5, bytes: null, keepOneIn: 10, levels: ['low'], everyMs: 0 } as const;
  const marks = createWaterMarks(options, measure, () => assert.fail('it can be measured'));
  marks.refresh();
  await until(() => measured > 2, 'it is measured again');
  assert.ok(marks.isAbove());
  waiting = 0;
  await until(() => !marks.isAbove(), 'it is below');
  const before = measured;
  marks.close();
  marks.refresh();
  assert.equal(measured, before);
});
