import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTextFeed } from '../../gateway/scanning/text-feed.ts';

const pieces = fc.array(fc.constantFrom('a', 'é', '🙂', '\ud83d', '\ude42', '', 'some words '), {
  maxLength: 40,
});

test('text that comes in any pieces, cut inside of characters too, leaves in batches and is counted as a whole', () => {
  fc.assert(
    fc.property(pieces, (cut) => {
      const feed = createTextFeed(1);
      for (const piece of cut) feed.push(piece);
      const text = cut.join('');
      assert.equal(feed.text(), text);
      assert.equal(feed.bytes(), Buffer.byteLength(text));
      let taken = '';
      while (feed.hasBatch(true)) taken += feed.take();
      assert.equal(taken, text);
    }),
  );
});
