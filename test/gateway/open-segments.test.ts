import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenSegments } from '../../gateway/scanning/open-segments.ts';

/** A segment that counts how often it is looked at. */
function createSegment() {
  const state = { isAlarming: false, hasEnded: false, since: null as number | null, looks: 0 };
  return {
    state,
    isAlarming: () => {
      state.looks += 1;
      return state.isAlarming;
    },
    hasEnded: () => state.hasEnded,
    waitingSince: () => state.since,
  };
}

test('segments that are read to their end are looked at once more, and what they came to stays', () => {
  const open = createOpenSegments();
  const [quiet, loud, live] = [createSegment(), createSegment(), createSegment()];
  for (const segment of [quiet, loud, live]) open.add(segment);
  assert.equal(open.isAlarming(), false);
  quiet.state.hasEnded = true;
  loud.state.hasEnded = true;
  loud.state.isAlarming = true;
  open.waitingMs();
  const { looks } = quiet.state;
  for (let event = 0; event < 100; event++) {
    open.waitingMs();
    assert.equal(open.isAlarming(), true);
  }
  assert.equal(quiet.state.looks, looks);
});

test('something that is added to a segment after its end is seen', () => {
  const open = createOpenSegments();
  const segment = createSegment();
  segment.state.hasEnded = true;
  open.add(segment);
  assert.equal(open.isAlarming(), false);
  open.waitingMs();
  segment.state.isAlarming = true;
  assert.equal(open.isAlarming(), false, 'nobody said so');
  open.add(segment);
  assert.equal(open.isAlarming(), true);
});

test('the longest wait is that of the text that waits longest', () => {
  const open = createOpenSegments();
  const [early, late] = [createSegment(), createSegment()];
  for (const segment of [early, late]) open.add(segment);
  assert.equal(open.waitingMs(), 0);
  early.state.since = performance.now() - 2_000;
  late.state.since = performance.now() - 1_000;
  assert.ok(open.waitingMs() >= 2_000);
  early.state.since = null;
  early.state.hasEnded = true;
  late.state.since = null;
  assert.equal(open.waitingMs(), 0);
});
