import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAnyHarm } from '../../detectors/any-harm.ts';

const any = createAnyHarm({
  readings: [{ concept: 'any', aggregate: { kind: 'mean', window: 0 } }],
  curve: [
    { value: 1.2, rate: 0.1 },
    { value: 2.4, rate: 0.01 },
    { value: 3.2, rate: 0.001 },
  ],
  segments: 10_000,
});

test('the strongest reading is as rare as it was among ordinary segments, log-linear between what was measured', () => {
  assert.ok(Math.abs(any.rarity(1.2) - 1) < 1e-12);
  assert.ok(Math.abs(any.rarity(1.8) - 1.5) < 1e-12);
  assert.ok(Math.abs(any.rarity(2.4) - 2) < 1e-12);
  assert.ok(Math.abs(any.rarity(3.2) - 3) < 1e-12);
});

test('beyond what was measured it goes on as its neighbours do, and is never negative', () => {
  assert.ok(Math.abs(any.rarity(4) - 4) < 1e-12);
  assert.ok(Math.abs(any.rarity(0.6) - 0.5) < 1e-12);
  assert.equal(any.rarity(-5), 0);
});

test('a stronger reading is never less rare', () => {
  const strength = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(
    fc.property(strength, strength, (a, b) => {
      assert.ok(any.rarity(Math.min(a, b)) <= any.rarity(Math.max(a, b)));
    }),
  );
});
