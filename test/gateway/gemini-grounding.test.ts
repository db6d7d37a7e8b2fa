import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextSegment } from '../../gateway/dialects/dialect.ts';
import { createChunkReader } from '../../gateway/dialects/gemini/read-chunks.ts';

/** What a stream's last chunk, whose source supports `words`, is read to say beside the parts. */
function readAgain(texts: readonly string[], words: string): string[] {
  const reader = createChunkReader({ isWhole: false });
  const into = { segments: [] as TextSegment[], unread: [] };
  const chunk = (text: string, more: object = {}) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
  });
  for (const text of texts) reader.read(chunk(text), into);
  const groundingMetadata = { groundingSupports: [{ segment: { text: words } }] };
  reader.read(chunk('', { groundingMetadata }), into);
  return into.segments.filter(({ ref }) => ref.pointer.includes('groundingSupports')).map(({ text }) => text);
}

test('what a source supports is read again only where the candidate has not said it', () => {
  assert.deepEqual(readAgain(['we dec', 'eive'], 'deceive'), []);
  assert.deepEqual(readAgain(['we dec', 'eive'], 'others deceive'), ['others deceive']);
});

test('a candidate is not kept without end to tell its own words by: later ones are read again', () => {
  assert.deepEqual(readAgain(['a'.repeat(999_999), 'deceive'], 'deceive'), []);
  assert.deepEqual(readAgain(['a'.repeat(1_000_000), 'deceive'], 'deceive'), ['deceive']);
});
