import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlertGroups } from '../../alerts/routing/alert-groups.ts';

test('what a group has held back outlives groups that hold nothing any more, however many come', () => {
  const groups = createAlertGroups({ by: ['conversation'], waitMs: 0 });
  groups.told('first');
  groups.holdBack('first');
  for (let i = 0; i < 10_001; i += 1) groups.told(`other-${i}`);
  assert.equal(groups.heldBack('first'), 1);
});

test('a group that is within its wait is forgotten only where there is room for no other', () => {
  const groups = createAlertGroups({ by: ['conversation'], waitMs: 3_600_000 });
  for (let i = 0; i <= 10_000; i += 1) groups.told(`group-${i}`);
  assert.deepEqual(
    ['group-0', 'group-1', 'group-10000'].map((key) => groups.isTold(key)),
    [false, true, true],
  );
});
