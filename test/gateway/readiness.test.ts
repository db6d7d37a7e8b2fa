import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnrecordedReason } from '../../alerts/index.ts';
import { createHealth } from '../../gateway/health.ts';

const unrecorded = (reason: UnrecordedReason) => ({ outcome: 'unrecorded', reason, message: 'no' }) as const;

test('a gateway that no request reaches while it is not ready is tried again after a while', () => {
  let now = 0;
  const health = createHealth(
    true,
    () => [],
    () => now,
  );
  health.noteCommit(unrecorded('disk_full'));
  assert.deepEqual(health.readiness(), { isReady: false, notes: ['store: disk_full'] });
  now += 3_600_000;
  assert.deepEqual(health.readiness(), { isReady: true, notes: ['store: disk_full'] });
  health.noteCommit(unrecorded('disk_full'));
  assert.equal(health.readiness().isReady, false, 'it was tried in vain');
  health.noteCommit({ outcome: 'committed', cursor: 1, alertIds: [] });
  assert.deepEqual(health.readiness(), { isReady: true, notes: [] });
});

test('an exchange that is too large for the store makes no gateway unready', () => {
  const health = createHealth(true);
  health.noteCommit(unrecorded('too_large'));
  assert.deepEqual(health.readiness(), { isReady: true, notes: [] });
});
