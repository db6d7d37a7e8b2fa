import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dialect } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { TextReading } from '../../gateway/dialects/dialect.ts';
import { createPlainJson } from '../../gateway/dialects/plain-json.ts';
import { readAnswer, readRequest, readStream, summary } from './anthropic-readings.ts';
import {
  type BlockPieces,
  callBlock,
  event,
  HEAD,
  messageEvents,
  textBlock,
  thinkingBlock,
  wholeMessage,
} from './anthropic-stream.ts';

const base64 = { type: 'base64', media_type: 'image/png', data: 'AAAA' };

test('every text of a messages request is a segment with its place, role and target', () => {
  const request = readRequest({
    model: 'm',
    stream: true,
    max_tokens: 9,
    system: [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'hello' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
          { type: 'redacted_thinking', data: 'c2VhbGVk' },
          { type: 'text', text: 'cited', citations: [{ type: 'page_location', cited_text: 'so' }] },
          { type: 'tool_use', id: 't', name: 'find', input: { id: 'x', q: ['y'] } },
          { type: 'server_tool_use', id: 's', name: 'not a name!', input: {} },
          {
            type: 'web_search_tool_result',
            tool_use_id: 's',
            content: [{ type: 'web_search_result', url: 'u', title: 'page', encrypted_content: 'c2Vh' }],
          },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't', content: 'found' },
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [
              { type: 'text', text: 'more' },
              { type: 'image', source: base64 },
            ],
          },
          { type: 'image', source: base64 },
          {
            type: 'document',
            source: { type: 'text', media_type: 'text/plain', data: 'plain' },
            title: 'name',
            context: 'about',
          },
          { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'part' }] } },
          { type: 'document', source: { type: 'content', content: 'whole' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
          { type: 'search_result', source: 'src', title: 'hit', content: [{ type: 'text', text: 'lines' }] },
          { type: 'hologram', words: 'psst' },
        ],
      },
      { role: 'stranger', content: 'who', note: 'new field' },
    ],
    tools: [
      {
        name: 'find',
        description: 'finds',
        input_schema: { type: 'object', properties: { q: { description: 'what' } } },
      },
    ],
    output_config: { format: { type: 'json_schema', schema: { description: 'form' } } },
    mcp_servers: [{ type: 'url', url: 'https://example.org', authorization_token: 'secret' }],
    stop_sequences: ['end'],
    news: { deep: ['unheard'] },
  });
  const { texts, unread } = summary(request);
  const at = (message: number, rest: string) => `request/messages/${message}/content${rest}`;
  assert.deepEqual(texts, [
    ['request/system/0/text', 'system', 'system', 'be kind'],
    [at(0, ''), 'input', 'user', 'hello'],
    [at(1, '/0/thinking'), 'input', 'assistant', 'hm'],
    [at(1, '/2/text'), 'input', 'assistant', 'cited'],
    [at(1, '/2/citations/0/cited_text'), 'input', 'assistant', 'so'],
    [at(1, '/3/input'), 'tool_call', 'assistant', '{"id":"x","q":["y"]}'],
    [at(1, '/4/name'), 'tool_call', 'assistant', 'not a name!'],
    [at(1, '/4/input'), 'tool_call', 'assistant', '{}'],
    [at(1, '/5/content/0/url'), 'tool_result', 'tool', 'u'],
    [at(1, '/5/content/0/title'), 'tool_result', 'tool', 'page'],
    [at(2, '/0/content'), 'tool_result', 'tool', 'found'],
    [at(2, '/1/content/0/text'), 'tool_result', 'tool', 'more'],
    [at(2, '/3/title'), 'input', 'user', 'name'],
    [at(2, '/3/context'), 'input', 'user', 'about'],
    [at(2, '/3/source/data'), 'input', 'user', 'plain'],
    [at(2, '/4/source/content/0/text'), 'input', 'user', 'part'],
    [at(2, '/5/source/content'), 'input', 'user', 'whole'],
    [at(2, '/7/source'), 'input', 'user', 'src'],
    [at(2, '/7/title'), 'input', 'user', 'hit'],
    [at(2, '/7/content/0/text'), 'input', 'user', 'lines'],
    ['request/messages/3/content', 'input', 'user', 'who'],
    ['request/messages/3/note', 'input', 'user', 'new field'],
    ['request/tools/0', 'system', 'system', 'finds\nwhat'],
    ['request/output_config', 'system', 'system', 'form'],
    ['request/news/deep/0', 'input', 'user', 'unheard'],
  ]);
  assert.deepEqual(unread, [
    [at(2, '/1/content/1'), 'image'],
    [at(2, '/2'), 'image'],
    [at(2, '/6/source'), 'file'],
    [at(2, '/8'), 'unknown_part'],
  ]);
  assert.deepEqual([request.model, request.isStreamed], ['m', true]);
});

test('a system prompt may be a string, and what is no messages request is told where', () => {
  const { texts } = summary(readRequest({ system: 'be brief', messages: [{ role: 'user', content: [] }] }));
  assert.deepEqual(texts, [['request/system', 'system', 'system', 'be brief']]);
  const wrong = dialect.readRequest({ messages: [{ role: 'user', content: 7 }] }, '/');
  assert.ok(!wrong.ok);
  assert.equal(wrong.problem.at, '/messages/0/content');
  assert.match(wrong.problem.message, /messages\.0\.content: expected a string or an array of blocks/);
});

test('the opening stays the same over the turns, whatever the form of a text and the marks for the cache', () => {
  const opening = (...messages: object[]) => readRequest({ system: 's', messages }).opening;
  const marked = { type: 'text', text: 'hello', cache_control: { type: 'ephemeral' } };
  const first = opening({ role: 'user', content: [marked] });
  const later = [
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'go on' },
  ];
  assert.equal(first, opening({ role: 'user', content: 'hello' }, ...later));
  assert.notEqual(first, opening({ role: 'user', content: 'hullo' }, ...later));
  const messages = [{ role: 'user', content: 'hello' }];
  const openings = ['ann', 'ben'].map((user_id) => readRequest({ messages, metadata: { user_id } }).opening);
  assert.notEqual(openings[0], openings[1]);
});

test('every text of a message is a segment: text, citations, thinking, calls, results, unknown fields', () => {
  const answer = readAnswer({
    ...HEAD,
    content: [
      { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'c2VhbGVk' },
      { type: 'text', text: 'so', citations: [{ cited_text: 'said', document_title: 'book' }] },
      { type: 'tool_use', id: 't', name: 'find', input: { q: 'x' } },
      {
        type: 'code_execution_tool_result',
        content: { type: 'code_execution_result', stdout: 'out', stderr: 'err', return_code: 0 },
      },
      {
        type: 'web_fetch_tool_result',
        content: { url: 'u', content: { type: 'document', source: { type: 'base64', data: 'AAAA' } } },
      },
      { type: 'hologram', words: 'psst' },
    ],
    stop_reason: 'refusal',
    stop_sequence: 'halt',
    stop_details: { type: 'refusal', explanation: 'why' },
    usage: { input_tokens: 3, output_tokens: 5, service_tier: 'standard' },
    new_field: { deep: ['new words'] },
  });
  const { texts, unread } = summary(answer);
  assert.deepEqual(
    texts.map(([id, target, role, text]) => [id.replace('response/', ''), target, role, text]),
    [
      ['content/0/thinking', 'output', 'assistant', 'hm'],
      ['content/2/text', 'output', 'assistant', 'so'],
      ['content/2/citations/0/cited_text', 'output', 'assistant', 'said'],
      ['content/2/citations/0/document_title', 'output', 'assistant', 'book'],
      ['content/3/input', 'tool_call', 'assistant', '{"q":"x"}'],
      ['content/4/content/stdout', 'output', 'assistant', 'out'],
      ['content/4/content/stderr', 'output', 'assistant', 'err'],
      ['content/5/content/url', 'output', 'assistant', 'u'],
      ['stop_sequence', 'output', 'assistant', 'halt'],
      ['stop_details/explanation', 'output', 'assistant', 'why'],
      ['new_field/deep/0', 'output', 'assistant', 'new words'],
    ],
  );
  assert.deepEqual(unread, [
    ['response/content/5/content/content/source', 'file'],
    ['response/content/6', 'unknown_part'],
  ]);
  assert.deepEqual(answer.facts, {
    model: 'test-model',
    finishReasons: ['refusal'],
    usage: { inputTokens: 3, outputTokens: 5 },
    choices: [],
  });
});

test('errors are read, whole and in a stream, where one is the end; events that are none are told', () => {
  const body = { type: 'error', error: { type: 'overloaded_error', message: 'too much' } };
  const expected = [['response/error/message', 'output', 'assistant', 'too much']];
  assert.deepEqual(summary(readAnswer(body)).texts, expected);
  const { reading, last } = readStream(event(body));
  assert.deepEqual([summary(reading).texts, last], [expected, [true]]);
  const strange = readStream(`data: {"type":"new","words":"psst"}\n\ndata: {"type\n\ndata: 7\n\n`).reading;
  assert.deepEqual(summary(strange), {
    texts: [['response/words', 'output', 'assistant', 'psst']],
    unread: [
      ['response', 'bad_json'],
      ['response', 'bad_shape'],
    ],
  });
});

test('a call nested deeper than can be written is told, not thrown', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const block = `{"type":"tool_use","name":"find","input":${deep}}`;
  const data = `{"type":"content_block_start","index":0,"content_block":${block}}`;
  assert.deepEqual(summary(readStream(`data: ${data}\n\n`).reading).unread, [
    ['response/content/0/input', 'depth'],
  ]);
});

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
const cited = fc.array(word, { maxLength: 5 });
/** Pieces, some of which would be data in a URL if they were the whole. */
const words = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: word },
    { weight: 1, arbitrary: fc.constantFrom('data:image/png;base64,AAAA', 'data:text/plain,we%20deceive') },
  ),
  { maxLength: 5 },
);
const jsonObject = fc.dictionary(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
  {
    maxKeys: 4,
  },
);
function piecesOf(text: string, cuts: readonly number[]): string[] {
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

const cuts = fc.array(fc.nat(5000), { maxLength: 20 });
const block: fc.Arbitrary<BlockPieces> = fc.oneof(
  fc.tuple(words, cited).map(([pieces, sources]) => textBlock(pieces, sources)),
  words.map(thinkingBlock),
  fc.tuple(jsonObject, cuts).map(([value, at]) => {
    const input = JSON.parse(JSON.stringify(value)) as unknown;
    return callBlock(input, piecesOf(JSON.stringify(input), at));
  }),
  words.map((pieces) => {
    const written = JSON.stringify({ url: pieces.join('') });
    const parts = ['{"url":"', ...pieces.map((piece) => JSON.stringify(piece).slice(1, -1)), '"}'];
    return callBlock(JSON.parse(written), parts);
  }),
  fc.constant(callBlock({}, [])),
);

test('a streamed message, cut anywhere, has the segments and facts of the whole one', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 4 }), cuts, (blocks, at) => {
      const { reading, facts, last } = readStream(messageEvents(blocks).join(''), at);
      const whole = readAnswer(wholeMessage(blocks));
      const sorted = (one: TextReading) => summary(one).texts.sort((a, b) => a[0].localeCompare(b[0]));
      assert.deepEqual(sorted(reading), sorted(whole));
      assert.deepEqual(reading.unread, []);
      assert.deepEqual(facts, whole.facts);
      assert.equal(last.indexOf(true), last.length - 1);
    }),
    { numRuns: 300 },
  );
});

test("a call's input reads the same however it was spaced, escaped and cut", () => {
  const unit = fc.constantFrom('a', ' ', '"', '\\', '/', '\n', '\u0001', 'é', '\ud83d', '\ude00');
  const escapedUnit = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const writers = [
    (value: string) => JSON.stringify(value),
    (value: string) => JSON.stringify(value).replaceAll('/', '\\/'),
    (value: string) => `"${value.split('').map(escapedUnit).join('')}"`,
  ];
  const strings = fc.array(fc.string({ unit }), { maxLength: 3 });
  fc.assert(
    fc.property(strings, fc.constantFrom(...writers), cuts, (values, write, at) => {
      const text = `{ "list" :\n[ ${values.map(write).join(' , ')} ] }`;
      const plain = createPlainJson();
      const pieces = piecesOf(text, at).map((piece) => plain.push(piece));
      assert.equal(pieces.join('') + plain.end(), JSON.stringify({ list: values }));
    }),
    { numRuns: 500 },
  );
});
