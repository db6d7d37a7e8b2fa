import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createExchangeId } from '../../gateway/exchange/exchange-id.ts';

/** RFC 9562, appendix A.6: the time of its example, and the id that begins with it. */
const EXAMPLE_MS = 0x017f22e279b0;
const EXAMPLE_BEGIN = '017f22e2-79b0-7';

test('an exchange id is a UUID of version 7', () => {
  const id = createExchangeId(EXAMPLE_MS);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(id.slice(0, EXAMPLE_BEGIN.length), EXAMPLE_BEGIN);
});

test('ids sort by their time', () => {
  const ms = fc.integer({ min: 0, max: 2 ** 48 - 2 });
  fc.assert(
    fc.property(ms, ms, (one, other) => {
      fc.pre(one !== other);
      assert.equal(createExchangeId(one) < createExchangeId(other), one < other);
    }),
  );
});

test('ids of one moment differ', () => {
  const ids = Array.from({ length: 1_000 }, () => createExchangeId(EXAMPLE_MS));
  assert.equal(new Set(ids).size, ids.length);
});
