import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createExchangeScan, type ExchangeScan } from '../../gateway/scanning/exchange-scan.ts';
import { createUnreadScan } from '../../gateway/scanning/unread-scan.ts';
import type { RuleSet, SegmentRef } from '../../rules/index.ts';
import { ruleSetOf, ruleText } from '../rules/rule-text.ts';
import { createWordDetector } from './word-detector.ts';

const MAX_SEGMENTS = 3;

const refs = fc
  .constantFrom('a', 'b', 'c', 'd', 'e')
  .map((id): SegmentRef => ({ id, target: 'output', role: 'assistant', pointer: `/${id}`, choice: 0 }));
/** Pieces may end between the halves of a surrogate pair. */
const texts = fc.oneof(fc.string(), fc.constantFrom('\ud83d', '\ude00', 'é'));
const bytes = fc.nat(1_000);
const reasons = fc.constantFrom('image' as const, 'bad_json' as const, 'over_cap' as const);
const steps = fc.oneof(
  fc.record({ ref: refs, text: texts }).map((part) => (scan: ExchangeScan) => {
    scan.add({ segments: [part], unread: [] });
  }),
  fc.record({ ref: refs, reason: reasons, bytes }).map((part) => (scan: ExchangeScan) => {
    scan.add({ segments: [], unread: [part] });
  }),
  fc.record({ ref: refs, reason: reasons, bytes }).map((gap) => (scan: ExchangeScan) => scan.gap(gap)),
);

test('without rules coverage says what it says where rules read nothing of it', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText({ mode: 'off' }));
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 12 }), (taken) => {
      const [unread, read] = [createUnreadScan(MAX_SEGMENTS), readScan(ruleSet)];
      for (const step of taken) {
        step(unread);
        step(read);
      }
      assert.deepEqual(unread.segments(), read.segments());
      assert.equal(unread.tokens(), 0);
    }),
  );
});

function readScan(ruleSet: RuleSet): ExchangeScan {
  return createExchangeScan({
    detector: createWordDetector(),
    ruleSet,
    abortSignal: new AbortController().signal,
    maxSegments: MAX_SEGMENTS,
    maxSegmentTokens: 1e6,
    timeoutMs: 1e6,
    fields: () => ({}),
  });
}
