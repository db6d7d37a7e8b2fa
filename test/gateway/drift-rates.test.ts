import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Drift, judgeDrift, liveRate } from '../../gateway/drift/judge-drift.ts';
import { createKnownTexts } from '../../gateway/drift/known-texts.ts';
import { BUCKETS, countedIn, countSegment, startWindow } from '../../gateway/drift/rate-window.ts';

test('a window counts what its buckets cover and nothing older, however it slides', () => {
  const step = fc.record({ ahead: fc.nat({ max: 2 * BUCKETS }), isReached: fc.boolean() });
  fc.assert(
    fc.property(fc.nat({ max: 1e6 }), fc.array(step, { maxLength: 80 }), (start, steps) => {
      const window = startWindow();
      const all: { bucket: number; isReached: boolean }[] = [];
      let bucket = start;
      for (const { ahead, isReached } of steps) {
        bucket += ahead > BUCKETS / 2 ? ahead - Math.floor(BUCKETS / 2) : 0;
        countSegment(window, bucket, isReached);
        all.push({ bucket, isReached });
        const within = all.filter((one) => one.bucket > bucket - BUCKETS);
        const reached = within.filter((one) => one.isReached).length;
        assert.deepEqual(countedIn(window, bucket), { segments: within.length, reached });
      }
      assert.deepEqual(countedIn(window, bucket + BUCKETS), { segments: 0, reached: 0 });
    }),
  );
});

test('a clock that is set back counts into the newest bucket and loses nothing', () => {
  const window = startWindow();
  countSegment(window, 1_000, true);
  countSegment(window, 900, false);
  assert.deepEqual(countedIn(window, 900), { segments: 2, reached: 1 });
});

test('what was counted while a clock was ahead leaves the window like all else, the oldest first', () => {
  const window = startWindow();
  for (const bucket of [9_000, 9_003, 9_004]) countSegment(window, bucket, true);
  countSegment(window, 1_000, false);
  assert.deepEqual(
    countedIn(window, 999),
    { segments: 4, reached: 3 },
    'a bucket back is a clock that is adjusted',
  );
  assert.deepEqual(countedIn(window, 1_000 + BUCKETS - 5), { segments: 4, reached: 3 });
  assert.deepEqual(countedIn(window, 1_000 + BUCKETS - 4), { segments: 3, reached: 2 });
  assert.deepEqual(countedIn(window, 1_000 + BUCKETS - 1), { segments: 2, reached: 1 });
  assert.deepEqual(countedIn(window, 1_000 + BUCKETS), { segments: 0, reached: 0 });
});

test('a rate is another when its whole interval is, and the same again when the interval meets it', () => {
  const judge = (reached: number, segments: number, before: Drift = 'none', isBound = false) =>
    judgeDrift({
      live: liveRate({ segments, reached }),
      promised: { rate: 0.01, isBound },
      before,
      factor: 3,
    });
  const table: [told: Drift, expected: Drift, why: string][] = [
    [judge(0, 0), 'none', 'nothing was seen'],
    [judge(10, 1_000), 'none', 'as promised'],
    [judge(4, 4), 'none', 'too few to say, though the interval lies above'],
    [judge(40, 1_000), 'none', 'four times, but the interval reaches down to three'],
    [judge(60, 1_000), 'above', 'six times'],
    [judge(20, 1_000, 'above'), 'above', 'twice is still above once it was'],
    [judge(12, 1_000, 'above'), 'none', 'the interval meets the promise again'],
    [judge(0, 1_000), 'none', 'too few to say that it is rarer'],
    [judge(0, 2_000), 'below', 'never in 2,000'],
    [judge(0, 2_000, 'none', true), 'none', 'of a bound fewer are expected'],
    [judge(60, 1_000, 'none', true), 'above', 'and more are not'],
    [judge(7, 2_000), 'none', 'a third, but the interval reaches further up'],
    [judge(9, 2_000, 'below'), 'below', 'half is still below once it was'],
    [judge(15, 2_000, 'below'), 'none', 'the interval meets the promise again'],
    [judge(60, 1_000, 'below'), 'above', 'from one side to the other'],
  ];
  for (const [told, expected, why] of table) assert.equal(told, expected, why);
});

test('a text is new once a window; what is forgotten before its time is counted', () => {
  const texts = createKnownTexts(1_000, 3);
  assert.deepEqual(
    [texts.isNew('a', 0), texts.isNew('a', 999), texts.isNew('b', 999), texts.isNew('a', 1_000)],
    [true, false, true, true],
  );
  assert.equal(texts.forgotten(), 0);
  for (const text of ['c', 'd', 'e']) assert.equal(texts.isNew(text, 1_001), true);
  assert.equal(texts.forgotten(), 2, 'b and a were within the window');
  assert.equal(texts.isNew('d', 1_002), false);
  assert.equal(texts.isNew('a', 1_002), true);
});

test('a text that was counted while a clock was ahead is new again once the clock is right', () => {
  const texts = createKnownTexts(1_000, 3);
  for (const text of ['a', 'b', 'c']) texts.isNew(text, 90_000);
  assert.equal(texts.isNew('a', 89_500), false, 'the window reaches both ways');
  assert.equal(texts.isNew('a', 5_000), true);
  assert.equal(texts.isNew('d', 5_000), true);
  assert.equal(texts.forgotten(), 0);
});
