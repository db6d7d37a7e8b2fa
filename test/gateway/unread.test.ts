import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../../gateway/config/schema.ts';
import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { dialect as chat } from '../../gateway/dialects/openai-chat/index.ts';
import { createStreamingReader } from '../../gateway/reading/answer-reader.ts';
import { createUnreadReader } from '../../gateway/reading/unread-reader.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, completion, events, startUpstream } from './test-upstream.ts';

const { limits } = configSchema.parse({});

/** How many bytes each reader holds back after each piece. */
async function held(
  dialect: Dialect,
  pieces: readonly Buffer[],
): Promise<{ read: number[]; unread: number[] }> {
  const { streamEnd } = dialect;
  assert.ok(streamEnd !== undefined);
  const readers = {
    read: createStreamingReader(
      { dialect, limits, tellsDuplicates: false, contentEncoding: undefined, add: () => {}, gap: () => {} },
      'events',
    ),
    unread: createUnreadReader({ streamEnd, maxLineBytes: limits.max_line_bytes, gap: () => {} }),
  };
  const kept = { read: [] as number[], unread: [] as number[] };
  for (const piece of pieces) {
    kept.read.push(await readers.read.push(piece));
    kept.unread.push(await readers.unread.push(piece));
  }
  return kept;
}

const messages = [
  {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: 'an error, a message_stop é' },
  },
  { type: 'message_stop' },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join('');

const streams: [name: string, dialect: Dialect, stream: string][] = [
  ['chat', chat, events('fine [DONE] and é on').join('')],
  ['chat with more after its end', chat, `${events('fine').join('')}: bye\n\n`],
  ['chat in pairs', chat, `: hello\n\n${events('[DONE]').join('')}`.replaceAll('\n', '\r\n')],
  ['chat in returns', chat, `${events('[DONE]').join('')}: bye\n\n`.replaceAll('\n', '\r')],
  ['chat with a mark of order in its middle', chat, 'data: [DONE\n\n\uFEFFdata: [DONE]\n\ndata: [DONE]\n\n'],
  ['chat that ends after a line of its own', chat, 'data: 1\r\r\uFEFFdata: 2\rdata: [DONE]\r\n\r\n\r'],
  ['chat without its end', chat, events('fine').slice(0, -1).join('')],
  ['messages', anthropic, messages],
  ['messages that break off', anthropic, 'data: {"type":"error","error":{"type":"overloaded_error"}}\n\n'],
];

for (const [name, dialect, stream] of streams) {
  test(`${name}: cut anywhere, an answer that nobody reads is held back from where a read one is`, async () => {
    const bytes = Buffer.from(stream);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const { read, unread } = await held(dialect, pieces);
        assert.deepEqual(unread, read);
      }),
    );
  });
}

test('a large event in many small pieces is held back from where a read one is, without being joined each time', async () => {
  const event = Buffer.from(`data: ${JSON.stringify('[DONE] é'.repeat(100_000))}\n\ndata: [DONE]\n\n`);
  const pieces = Array.from({ length: Math.ceil(event.length / 16) }, (_, at) =>
    event.subarray(at * 16, (at + 1) * 16),
  );
  const { read, unread } = await held(chat, pieces);
  assert.deepEqual(unread, read);
  assert.equal(read.at(-1), 'data: [DONE]\n\n'.length);
});

test('lines longer than a line may be do not hide the end of an event of several', async () => {
  const { streamEnd } = chat;
  assert.ok(streamEnd !== undefined);
  const reader = createUnreadReader({ streamEnd, maxLineBytes: 100, gap: () => {} });
  const kept = [];
  for (const piece of [': wait\n'.repeat(20), 'data: [DO', 'NE]\r', '\n\r\n']) {
    kept.push(await reader.push(Buffer.from(piece)));
  }
  assert.deepEqual(kept, [0, 0, 0, 16]);
});

test('an event longer than a line may be does not hide the end', async () => {
  const { streamEnd } = chat;
  assert.ok(streamEnd !== undefined);
  const reader = createUnreadReader({ streamEnd, maxLineBytes: 100, gap: () => {} });
  const kept = [];
  for (const piece of ['data: [DONE', 'x'.repeat(80), 'x'.repeat(80), '\n\n', 'data: [DONE]\n\n', 'x']) {
    kept.push(await reader.push(Buffer.from(piece)));
  }
  assert.deepEqual(kept, [0, 0, 0, 0, 14, 15]);
});

test('without rules a side is one part that was not scanned, and passes byte for byte', async (context) => {
  const stream = events('we deceive').join('');
  const upstream = await startUpstream(context, (response, { body }) => {
    if (!body.toString().includes('"stream":true')) return answerJson(response, completion('we deceive'));
    beginEvents(response);
    response.end(stream);
  });
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'off' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  for (const [isStreamed, expected] of [
    [false, JSON.stringify(completion('we deceive'))],
    [true, stream],
  ] as const) {
    const sent = ask('hello', { stream: isStreamed });
    const response = await gateway.post(sent);
    const id = response.headers.get('x-telltale-exchange-id') ?? '';
    assert.equal(await response.text(), expected);
    // At once: who has seen the end has its record on disk.
    const record = await gateway.ledger.readExchange(id);
    assert.equal(record?.verdict, 'pass');
    assert.deepEqual(
      record?.coverage.map(({ segmentId, status, reason, bytes }) => [segmentId, status, reason, bytes]),
      [
        ['request', 'skipped', 'no_rules', JSON.stringify(sent).length],
        ['response', 'skipped', 'no_rules', Buffer.byteLength(expected)],
      ],
    );
  }
});
