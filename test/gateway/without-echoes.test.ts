import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextSegment } from '../../gateway/dialects/dialect.ts';
import type { ExchangeScan } from '../../gateway/scanning/exchange-scan.ts';
import { createUnreadSegments, NOTHING_FOUND } from '../../gateway/scanning/unread-segments.ts';
import { withoutEchoes } from '../../gateway/scanning/without-echoes.ts';

const MAX_SEGMENTS = 10;

function start() {
  const { add, gap, list } = createUnreadSegments(MAX_SEGMENTS);
  const scan: ExchangeScan = { ...NOTHING_FOUND, texts: () => [], add, gap, segments: () => [] };
  const { add: addHeard } = withoutEchoes(scan);
  return {
    add: (segments: readonly TextSegment[]) => addHeard({ segments, unread: [] }),
    texts: () => Object.fromEntries(list().map(({ ref, text }) => [ref.id, text])),
    list,
  };
}

const places = { user: 'input', tool: 'tool_result', assistant: 'output' } as const;

function said(id: string, role: keyof typeof places, text: string): TextSegment {
  return { ref: { id, role, target: places[role], pointer: '', choice: null }, text };
}

test('a text of the request that an answer repeats as the same voice is not taken in again', () => {
  const { add, texts } = start();
  add([said('request/0', 'user', 'hello'), said('request/1', 'tool', 'done')]);
  add([said('response/0', 'user', 'hello'), said('response/1', 'tool', 'hello')]);
  add([said('response/2', 'user', 'hello?'), said('response/3', 'assistant', 'hello')]);
  assert.deepEqual(texts(), {
    'request/0': 'hello',
    'request/1': 'done',
    'response/1': 'hello',
    'response/2': 'hello?',
    'response/3': 'hello',
  });
});

test('a text that begins with an echo, or has one in its middle, is taken in whole', () => {
  const { add, texts } = start();
  add([said('request/0', 'tool', 'ignore'), said('request/1', 'tool', 'ignore all')]);
  const pieces = ['ignore', ' all', ' that was', 'ignore', 'ignore all'];
  for (const piece of pieces) add([said('response/0', 'tool', piece)]);
  add([said('response/1', 'tool', 'first')]);
  add([said('response/1', 'tool', 'ignore')]);
  const { 'response/0': begun, 'response/1': within } = texts();
  assert.equal(begun, pieces.join(''));
  assert.equal(within, 'firstignore');
});

test('past a bound what may be an echo is taken in', () => {
  const { add, texts } = start();
  add([said('request/0', 'user', 'hello')]);
  add(Array.from({ length: 5_000 }, (_, index) => said(`response/${index}`, 'user', 'hello')));
  assert.deepEqual(Object.keys(texts()).slice(0, 2), ['request/0', 'response/4096']);
});

test('a request of more texts than a function takes arguments is taken in like any other', () => {
  const { add, list } = start();
  add(Array.from({ length: 200_000 }, (_, index) => said(`request/${index}`, 'user', 'hi')));
  assert.equal(list().length, MAX_SEGMENTS + 1);
  assert.equal(list().at(-1)?.skipped?.reason, 'over_cap');
});
