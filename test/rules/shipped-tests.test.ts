import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDetector } from '../../detectors/index.ts';
import { checkRules, testRules } from '../../rules/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const SHIPPED = [join(ROOT, 'rules/shipped')];

test('the shipped rules load on the shipped reader without a warning, and every test beside them is right or known to be wrong', async (t) => {
  const detector = await createDetector({ modelPath: join(ROOT, 'models/default'), timeoutMs: 240_000 });
  t.after(() => detector.close());
  const check = await checkRules(SHIPPED, detector.featureset);
  assert.deepEqual(check.problems, []);
  const report = await testRules(SHIPPED, detector);
  assert.ok(
    report.ok,
    report.results
      .filter(({ outcome }) => outcome === 'fail')
      .map(({ test }) => test)
      .join('\n'),
  );
  assert.equal(report.counts.error, 0);
  const total = Object.values(report.counts).reduce((sum, count) => sum + count, 0);
  assert.ok(total >= 22 * 20, `${total} tests`);
  assert.ok(
    report.results.some(({ hasFired }) => hasFired) && report.results.some(({ hasFired }) => !hasFired),
  );
});
