import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TextReading } from '../../gateway/dialects/dialect.ts';
import { dialect } from '../../gateway/dialects/openai-chat/index.ts';
import { createSseParser } from '../../gateway/sse/parse-events.ts';

/** Segments as [id, target, role, text] and what was not read as [id, reason]. */
function summary({ segments, unread }: TextReading) {
  const texts = new Map<string, [string, string, string, string]>();
  for (const { ref, text } of segments) {
    const before = texts.get(ref.id)?.[3] ?? '';
    texts.set(ref.id, [ref.id, ref.target, ref.role, before + text]);
  }
  return { texts: [...texts.values()], unread: unread.map(({ ref, reason }) => [ref.id, reason]) };
}

function readRequest(body: unknown) {
  const read = dialect.readRequest(body, '/');
  assert.ok(read.ok);
  return read.value;
}

function readAnswer(body: unknown) {
  const read = dialect.readAnswer(body);
  assert.ok(read.ok);
  return read.value;
}

test('a request is the same with its texts and without, and refused alike', () => {
  const bodies: unknown[] = [
    { model: 'm', stream: true, user: 'ann', messages: [{ role: 'user', content: 'hello' }] },
    {
      metadata: { conversation_id: 'c-1' },
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'be kind' }] },
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: 'adds' } }],
    },
    { messages: [] },
    { messages: [{ role: 'user', content: 7 }] },
    'no object',
  ];
  for (const body of bodies) {
    const read = dialect.readRequest(body, '/');
    const described = dialect.describeRequest?.(body, '/');
    assert.deepEqual(
      described,
      read.ok ? { ok: true, value: { ...read.value, segments: [], unread: [] } } : read,
    );
    assert.equal(read.ok && read.value.segments.length === 0, false);
  }
});

test('every text of a request is a segment with its place, role and target', () => {
  const request = readRequest({
    model: 'm',
    stream: true,
    messages: [
      { role: 'system', content: 'be kind' },
      { role: 'developer', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'file', file: { file_id: 'f' } },
          { type: 'hologram', words: 'psst' },
        ],
      },
      {
        role: 'assistant',
        content: null,
        refusal: 'no',
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'find', arguments: '{"q":"x"}' } }],
        function_call: { name: 'old', arguments: '{"z":1}' },
      },
      { role: 'tool', tool_call_id: 'c', content: 'found' },
      { role: 'function', name: 'old', content: 'result' },
      { role: 'stranger', content: 'who' },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'find',
          description: 'finds',
          parameters: { properties: { q: { description: 'what' } } },
        },
      },
    ],
    prediction: { type: 'content', content: 'foreseen' },
    response_format: { type: 'json_schema', json_schema: { name: 'x', description: 'form', schema: {} } },
    user: 'ann',
    stop: ['end'],
    reasoning_effort: 'low',
    documents: [{ id: 'd', text: 'unheard' }],
  });
  const { texts, unread } = summary(request);
  assert.deepEqual(texts, [
    ['request/messages/0/content', 'system', 'system', 'be kind'],
    ['request/messages/1/content/0/text', 'system', 'system', 'be brief'],
    ['request/messages/2/content/0/text', 'input', 'user', 'look'],
    ['request/messages/3/tool_calls/0/function/arguments', 'tool_call', 'assistant', '{"q":"x"}'],
    ['request/messages/3/function_call/arguments', 'tool_call', 'assistant', '{"z":1}'],
    ['request/messages/3/refusal', 'input', 'assistant', 'no'],
    ['request/messages/3/reasoning_content', 'input', 'assistant', 'hm'],
    ['request/messages/4/content', 'tool_result', 'tool', 'found'],
    ['request/messages/5/content', 'tool_result', 'tool', 'result'],
    ['request/messages/6/content', 'input', 'user', 'who'],
    ['request/tools/0', 'system', 'system', 'finds\nwhat'],
    ['request/prediction/content', 'input', 'assistant', 'foreseen'],
    ['request/response_format', 'system', 'system', 'form'],
    ['request/documents/0/text', 'input', 'user', 'unheard'],
  ]);
  assert.deepEqual(unread, [
    ['request/messages/2/content/1', 'image'],
    ['request/messages/2/content/2', 'audio'],
    ['request/messages/2/content/3', 'file'],
    ['request/messages/2/content/4', 'unknown_part'],
  ]);
  assert.deepEqual([request.model, request.isStreamed], ['m', true]);
});

test('ids of calls are no text, however long and whatever they carry; words are', () => {
  const sealed = `call_1|fc_2__thought__${Buffer.from('any bytes that a server gave along'.repeat(9)).toString('base64')}`;
  const { texts } = summary(
    readRequest({
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: sealed, type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: sealed, content: 'found' },
        { role: 'tool', tool_call_id: 'obey these words', content: 'found' },
      ],
    }),
  );
  assert.deepEqual(texts, [
    ['request/messages/0/tool_calls/0/function/arguments', 'tool_call', 'assistant', '{}'],
    ['request/messages/1/content', 'tool_result', 'tool', 'found'],
    ['request/messages/2/content', 'tool_result', 'tool', 'found'],
    ['request/messages/2/tool_call_id', 'tool_result', 'tool', 'obey these words'],
  ]);
});

test('every text of an answer is a segment: all choices, refusals, reasoning, calls, unknown fields', () => {
  const answer = readAnswer({
    model: 'm',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'first' }, finish_reason: 'stop' },
      {
        index: 1,
        message: {
          role: 'assistant',
          content: [{ type: 'text', text: 'second' }],
          refusal: 'no',
          reasoning_content: 'hm',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'not a name!', arguments: '{}' } }],
          audio: { id: 'a', data: 'AAAA', transcript: 'said' },
          new_field: { deep: ['new words'] },
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
    citations: ['https://example.org/a'],
  });
  const { texts, unread } = summary(answer);
  assert.deepEqual(
    texts.map(([id, target, , text]) => [id.replace('response/', ''), target, text]),
    [
      ['citations/0', 'output', 'https://example.org/a'],
      ['choices/0/message/content', 'output', 'first'],
      ['choices/1/message/content/0/text', 'output', 'second'],
      ['choices/1/message/tool_calls/0/function/name', 'tool_call', 'not a name!'],
      ['choices/1/message/tool_calls/0/function/arguments', 'tool_call', '{}'],
      ['choices/1/message/audio/transcript', 'output', 'said'],
      ['choices/1/message/refusal', 'output', 'no'],
      ['choices/1/message/reasoning_content', 'output', 'hm'],
      ['choices/1/message/new_field/deep/0', 'output', 'new words'],
    ],
  );
  assert.deepEqual(unread, [['response/choices/1/message/audio/data', 'audio']]);
  assert.deepEqual(answer.facts, {
    model: 'm',
    finishReasons: ['stop', 'tool_calls'],
    usage: { inputTokens: 1, outputTokens: 2 },
    choices: [0, 1],
  });
});

test('an error in an answer is read', () => {
  const { texts } = summary(readAnswer({ error: { message: 'no such model', type: 'x' } }));
  assert.deepEqual(texts, [['response/error/message', 'output', 'assistant', 'no such model']]);
});

test('keys of prototypes are only keys', () => {
  const body = JSON.parse('{"messages":[{"role":"__proto__","content":"a","__proto__":{"content":"b"}}]}');
  const { texts } = summary(readRequest(body));
  assert.deepEqual(
    texts.map((segment) => segment[3]),
    ['a', 'b'],
  );
});

/** Pieces, some of which would be data in a URL if they were the whole. */
const words = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constantFrom('data:image/png;base64,AAAA', 'data:text/plain,we%20deceive') },
  ),
  { maxLength: 6 },
);
const message = fc.record({
  content: words,
  refusal: words,
  reasoning_content: words,
  arguments: fc.array(words, { maxLength: 3 }),
});

/** Writes a completion as chunks: each text in the given pieces, the choices turn by turn. */
function streamOf(choices: readonly Record<string, unknown>[]): string {
  const chunks: object[] = [];
  for (const [index, choice] of choices.entries()) {
    const { arguments: calls, ...texts } = choice as { arguments: string[][] } & Record<string, string[]>;
    for (const [key, pieces] of Object.entries(texts)) {
      for (const piece of pieces) chunks.push({ index, delta: { [key]: piece }, finish_reason: null });
    }
    for (const [call, pieces] of calls.entries()) {
      chunks.push({
        index,
        delta: { tool_calls: [{ index: call, id: 'c', type: 'function', function: { name: 'find' } }] },
      });
      for (const piece of pieces) {
        chunks.push({ index, delta: { tool_calls: [{ index: call, function: { arguments: piece } }] } });
      }
    }
    chunks.push({ index, delta: {}, finish_reason: 'stop' });
  }
  const lines = chunks.map((choice) => `data: ${JSON.stringify({ model: 'm', choices: [choice] })}\r\n\r\n`);
  return `\uFEFF: hello\r\n\r\n${lines.join('')}data: [DONE]\r\n\r\n`;
}

function wholeOf(choices: readonly Record<string, unknown>[]): object {
  return {
    model: 'm',
    choices: choices.map((choice, index) => {
      const { arguments: calls, ...texts } = choice as { arguments: string[][] } & Record<string, string[]>;
      return {
        index,
        message: {
          ...Object.fromEntries(Object.entries(texts).map(([key, pieces]) => [key, pieces.join('')])),
          tool_calls: calls.map((pieces) => ({
            id: 'c',
            type: 'function',
            function: { name: 'find', arguments: pieces.join('') },
          })),
        },
        finish_reason: 'stop',
      };
    }),
  };
}

test('a streamed answer, cut anywhere, has the segments and facts of the whole one', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(2000), { maxLength: 20 }),
      (choices, cuts) => {
        const bytes = Buffer.from(streamOf(choices));
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const parser = createSseParser(1e6);
        const reader = dialect.createStreamReader();
        const items = at.slice(1).flatMap((end, index) => parser.push(bytes.subarray(at[index], end)));
        const steps = [...items, ...parser.end()].map((item) => {
          assert.ok(item.kind === 'event');
          return reader.read(item.data);
        });
        const streamed: TextReading = {
          segments: [...steps.flatMap(({ segments }) => segments), ...reader.end().segments],
          unread: steps.flatMap(({ unread }) => unread),
        };
        const whole = readAnswer(wholeOf(choices));
        const sorted = (reading: TextReading) =>
          summary(reading).texts.sort((a, b) => a[0].localeCompare(b[0]));
        assert.deepEqual(sorted(streamed), sorted(whole));
        assert.deepEqual(streamed.unread, []);
        assert.deepEqual(reader.facts(), whole.facts);
        assert.equal(
          steps.findIndex(({ isLast }) => isLast),
          steps.length - 1,
        );
      },
    ),
    { numRuns: 300 },
  );
});
