import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createScoreCache } from '../../detectors/score-cache.ts';

/** What an entry takes beside its value. */
const ENTRY = 160;

test('a value is found until others that were asked for later need its room', () => {
  const cache = createScoreCache<number>({ maxBytes: 1e6, maxEntries: 2 });
  cache.keep('a', 1, 10);
  cache.keep('b', 2, 10);
  assert.equal(cache.find('a'), 1);
  cache.keep('c', 3, 10);
  assert.equal(cache.find('b'), undefined);
  assert.equal(cache.find('a'), 1);
  assert.equal(cache.find('c'), 3);
  assert.deepEqual(cache.stats(), {
    hits: 3,
    misses: 1,
    evictions: 1,
    refused: 0,
    entries: 2,
    bytes: 2 * (10 + ENTRY),
  });
});

for (const [what, bytes, isKept] of [
  ['below the bound', 839, true],
  ['at the bound', 840, true],
  ['above the bound', 841, false],
] as const) {
  test(`a value ${what} of one value's share is ${isKept ? 'kept' : 'refused, and counted'}`, () => {
    const cache = createScoreCache<string>({ maxBytes: 8_000, maxEntries: 10 });
    assert.equal(cache.maxValueBytes, 840);
    cache.keep('k', 'v', bytes);
    assert.equal(cache.find('k'), isKept ? 'v' : undefined);
    assert.equal(cache.stats().refused, isKept ? 0 : 1);
    assert.equal(cache.stats().bytes, isKept ? bytes + ENTRY : 0);
  });
}

test('whatever is kept and asked for, the bounds hold, nothing wrong is found and the sums are right', () => {
  const step = fc.record({ key: fc.nat(12), bytes: fc.nat(200), isAsked: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const bounds = { maxBytes: 2_900, maxEntries: 6 };
      const cache = createScoreCache<string>(bounds);
      const last = new Map<string, string>();
      let asked = 0;
      for (const [i, { key, bytes, isAsked }] of steps.entries()) {
        if (isAsked) {
          asked += 1;
          const found = cache.find(`${key}`);
          assert.ok(found === undefined || found === last.get(`${key}`));
        } else {
          cache.keep(`${key}`, `${i}`, bytes);
          if (bytes <= cache.maxValueBytes) last.set(`${key}`, `${i}`);
          // What was kept last is there.
          if (bytes <= cache.maxValueBytes) assert.equal(cache.find(`${key}`), `${i}`);
          if (bytes <= cache.maxValueBytes) asked += 1;
        }
        const stats = cache.stats();
        assert.ok(stats.bytes <= bounds.maxBytes && stats.entries <= bounds.maxEntries);
        assert.equal(stats.hits + stats.misses, asked);
        if (stats.entries === 0) assert.equal(stats.bytes, 0);
      }
    }),
  );
});
