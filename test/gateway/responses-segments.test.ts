import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dialect } from '../../gateway/dialects/openai-responses/index.ts';
import { createReadings, sorted, summary } from './readings.ts';
import {
  callItem,
  codeItem,
  customCallItem,
  event,
  HEAD,
  type ItemPieces,
  messageItem,
  reasoningItem,
  refusalItem,
  responseEvents,
  wholeItem,
  wholeResponse,
} from './responses-stream.ts';

const { readRequest, readAnswer, readStream } = createReadings(dialect);
const image = 'data:image/png;base64,AAAA';

test('every text of a request for a response is a segment with its place, role and target', () => {
  const request = readRequest({
    model: 'm',
    stream: true,
    instructions: 'be kind',
    input: [
      { role: 'developer', content: 'be brief' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'look' },
          { type: 'input_image', detail: 'auto', image_url: image },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
          { type: 'input_file', filename: 'note', file_data: 'data:text/plain;base64,aGlkZGVu' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'hologram', words: 'psst' },
        ],
      },
      {
        type: 'message',
        role: 'assistant',
        id: 'msg_1',
        content: [{ type: 'output_text', text: 'said', annotations: [] }],
      },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'c2Vh',
      },
      { type: 'function_call', call_id: 'c', name: 'find', arguments: '{"q": "\\u0078"}' },
      { type: 'function_call_output', call_id: 'c', output: 'found' },
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [
          { type: 'input_text', text: 'more' },
          { type: 'input_image', image_url: image },
        ],
      },
      { type: 'custom_tool_call', call_id: 'c', name: 'not a name!', input: 'raw' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'done' },
      {
        type: 'computer_call',
        call_id: 'c',
        action: { type: 'type', text: 'typed' },
        pending_safety_checks: [],
      },
      {
        type: 'computer_call_output',
        call_id: 'c',
        output: { type: 'computer_screenshot', image_url: image },
      },
      { type: 'web_search_call', id: 'ws', action: { type: 'search', query: 'sought' }, status: 'completed' },
      {
        type: 'file_search_call',
        id: 'fs',
        queries: ['asked'],
        results: [{ file_id: 'f', filename: 'book', text: 'page' }],
      },
      {
        type: 'mcp_call',
        id: 'm',
        server_label: 's',
        name: 'do',
        arguments: '{}',
        output: 'did',
        error: null,
      },
      {
        type: 'mcp_list_tools',
        id: 'm',
        server_label: 's',
        tools: [{ name: 'do', description: 'does', input_schema: {} }],
      },
      { type: 'mcp_approval_response', approval_request_id: 'a', approve: false, reason: 'because' },
      {
        type: 'code_interpreter_call',
        id: 'ci',
        container_id: 'k',
        code: 'print()',
        outputs: [{ type: 'logs', logs: 'out' }],
      },
      { type: 'shell_call', call_id: 'c', action: { commands: ['ls'] } },
      {
        type: 'shell_call_output',
        call_id: 'c',
        output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
      },
      { type: 'image_generation_call', id: 'ig', status: 'completed', result: 'AAAA' },
      { type: 'compaction', encrypted_content: 'c2VhbGVk' },
      { type: 'item_reference', id: 'msg_0' },
      { type: 'telepathy', thought: 'new words' },
    ],
    prompt: {
      id: 'pmpt_1',
      version: '2',
      variables: { city: 'Rome', photo: { type: 'input_image', image_url: image } },
    },
    text: {
      format: { type: 'json_schema', name: 'x', schema: { properties: { q: { description: 'shape' } } } },
    },
    tools: [
      {
        type: 'function',
        name: 'find',
        description: 'finds',
        parameters: { properties: { q: { description: 'what' } } },
      },
      {
        type: 'mcp',
        server_label: 's',
        server_description: 'serves',
        authorization: 'secret',
        headers: { x: 'secret' },
      },
    ],
    user: 'ann',
    metadata: { note: 'kept' },
    reasoning: { effort: 'low' },
    news: { deep: ['unheard'] },
  });
  const { texts, unread } = summary(request);
  const at = (index: number, rest: string) => `request/input/${index}${rest}`;
  assert.deepEqual(texts, [
    ['request/instructions', 'system', 'system', 'be kind'],
    [at(0, '/content'), 'system', 'system', 'be brief'],
    [at(1, '/content/0/text'), 'input', 'user', 'look'],
    [at(1, '/content/3/filename'), 'input', 'user', 'note'],
    [at(1, '/content/3/file_data'), 'input', 'user', 'hidden'],
    [at(2, '/content/0/text'), 'input', 'assistant', 'said'],
    [at(3, '/summary/0/text'), 'input', 'assistant', 'hm'],
    [at(4, '/arguments'), 'tool_call', 'assistant', '{"q":"x"}'],
    [at(5, '/output'), 'tool_result', 'tool', 'found'],
    [at(6, '/output/0/text'), 'tool_result', 'tool', 'more'],
    [at(7, '/name'), 'tool_call', 'assistant', 'not a name!'],
    [at(7, '/input'), 'tool_call', 'assistant', 'raw'],
    [at(8, '/output'), 'tool_result', 'tool', 'done'],
    [at(9, '/action/text'), 'tool_call', 'assistant', 'typed'],
    [at(11, '/action/query'), 'tool_call', 'assistant', 'sought'],
    [at(12, '/queries/0'), 'tool_call', 'assistant', 'asked'],
    [at(12, '/results/0/filename'), 'tool_result', 'tool', 'book'],
    [at(12, '/results/0/text'), 'tool_result', 'tool', 'page'],
    [at(13, '/arguments'), 'tool_call', 'assistant', '{}'],
    [at(13, '/server_label'), 'tool_call', 'assistant', 's'],
    [at(13, '/output'), 'tool_result', 'tool', 'did'],
    [at(14, '/tools/0'), 'system', 'system', 'does'],
    [at(14, '/server_label'), 'input', 'user', 's'],
    [at(15, '/reason'), 'input', 'user', 'because'],
    [at(16, '/code'), 'tool_call', 'assistant', 'print()'],
    [at(16, '/outputs/0/logs'), 'tool_result', 'tool', 'out'],
    [at(17, '/action/commands/0'), 'tool_call', 'assistant', 'ls'],
    [at(18, '/output/0/stdout'), 'tool_result', 'tool', 'a.txt'],
    [at(22, '/thought'), 'input', 'user', 'new words'],
    ['request/tools/0', 'system', 'system', 'finds\nwhat'],
    ['request/tools/1', 'system', 'system', 'serves'],
    ['request/prompt/variables/city', 'input', 'user', 'Rome'],
    ['request/text/format', 'system', 'system', 'shape'],
    ['request/news/deep/0', 'input', 'user', 'unheard'],
  ]);
  assert.deepEqual(unread, [
    [at(1, '/content/1'), 'image'],
    [at(1, '/content/2'), 'file'],
    [at(1, '/content/4'), 'audio'],
    [at(1, '/content/5'), 'unknown_part'],
    [at(6, '/output/1'), 'image'],
    [at(10, '/output'), 'image'],
    [at(19, '/result'), 'image'],
    ['request/prompt/variables/photo', 'image'],
  ]);
  assert.deepEqual([request.model, request.isStreamed], ['m', true]);
});

test('an input may be a string or absent, and what is no request is told where', () => {
  assert.deepEqual(summary(readRequest({ input: 'hello' })).texts, [
    ['request/input', 'input', 'user', 'hello'],
  ]);
  assert.deepEqual(summary(readRequest({ prompt: { id: 'pmpt_1' } })).texts, []);
  for (const [body, at] of [
    [{ input: 7 }, '/input'],
    [{ input: ['hello'] }, '/input'],
    [{ instructions: 7 }, '/instructions'],
    [[], ''],
  ] as const) {
    const wrong = dialect.readRequest(body, '/');
    assert.ok(!wrong.ok);
    assert.equal(wrong.problem.at, at);
  }
});

test('a conversation is told by its id; the opening stays the same over the turns', () => {
  const conversation = (more: object) => readRequest({ input: 'a', ...more }).conversation;
  assert.equal(conversation({ conversation: 'conv_1' }), 'conv_1');
  assert.equal(conversation({ conversation: { id: 'conv_2' } }), 'conv_2');
  assert.equal(conversation({ metadata: { thread_id: 't' } }), 't');
  assert.equal(conversation({}), null);
  const opening = (input: unknown) => readRequest({ instructions: 'i', input }).opening;
  const turns = [
    { role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'go on' },
  ];
  assert.equal(opening('hello'), opening(turns));
  assert.notEqual(opening('hullo'), opening(turns));
});

test('every text of a response is a segment, what it repeats of its request is not', () => {
  const items = [
    reasoningItem('rs_1', [['hm'], ['so']]),
    messageItem('msg_1', [['all'], ['is well']], 'a page'),
    refusalItem('msg_2', ['no']),
    callItem('fc_1', ['{"q": "x"}']),
    codeItem('ci_1', ['print()'], 'out'),
    wholeItem({
      type: 'image_generation_call',
      id: 'ig_1',
      status: 'completed',
      result: 'AAAA',
      revised_prompt: 'a cat',
    }),
    wholeItem({
      type: 'mcp_call',
      id: 'mcp_1',
      server_label: 's',
      name: 'do',
      arguments: '{}',
      output: 'did',
    }),
  ];
  const answer = readAnswer({ ...wholeResponse(items), news: 'unheard', error: { message: 'late' } });
  const { texts, unread } = summary(answer);
  assert.deepEqual(
    texts.map(([id, target, role, text]) => [id.replace('response/', ''), target, role, text]),
    [
      ['output/0/summary/0/text', 'output', 'assistant', 'hm'],
      ['output/0/summary/1/text', 'output', 'assistant', 'so'],
      ['output/1/content/0/text', 'output', 'assistant', 'all'],
      ['output/1/content/0/annotations/0/url', 'output', 'assistant', 'https://example.org'],
      ['output/1/content/0/annotations/0/title', 'output', 'assistant', 'a page'],
      ['output/1/content/1/text', 'output', 'assistant', 'is well'],
      ['output/1/content/1/annotations/0/url', 'output', 'assistant', 'https://example.org'],
      ['output/1/content/1/annotations/0/title', 'output', 'assistant', 'a page'],
      ['output/2/content/0/refusal', 'output', 'assistant', 'no'],
      ['output/3/arguments', 'tool_call', 'assistant', '{"q":"x"}'],
      ['output/4/code', 'tool_call', 'assistant', 'print()'],
      ['output/4/outputs/0/logs', 'output', 'assistant', 'out'],
      ['output/5/revised_prompt', 'tool_call', 'assistant', 'a cat'],
      ['output/6/arguments', 'tool_call', 'assistant', '{}'],
      ['output/6/server_label', 'tool_call', 'assistant', 's'],
      ['output/6/output', 'output', 'assistant', 'did'],
      ['error/message', 'output', 'assistant', 'late'],
      ['news', 'output', 'assistant', 'unheard'],
      ['instructions', 'system', 'system', 'an echo of what was asked'],
    ],
  );
  assert.deepEqual(unread, [
    ['response/output/4/outputs/1', 'image'],
    ['response/output/5/result', 'image'],
  ]);
  assert.deepEqual(answer.facts, {
    id: 'resp_1',
    model: 'test-model',
    finishReasons: ['completed'],
    usage: { inputTokens: 3, outputTokens: 5 },
    choices: [],
  });
});

test('lists of items and errors are read', () => {
  const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] };
  assert.deepEqual(summary(readAnswer({ object: 'list', data: [item] })).texts, [
    ['response/data/0/content/0/text', 'input', 'user', 'hello'],
  ]);
  const expected = [['response/error/message', 'output', 'assistant', 'no such model']];
  assert.deepEqual(summary(readAnswer({ error: { message: 'no such model', type: 'x' } })).texts, expected);
  assert.equal(dialect.readAnswer({ output: 7 }).ok, false);
});

test('the end of a stream is told by its last event, whatever that is', () => {
  const head = { ...HEAD, instructions: null };
  const failed = { ...head, status: 'failed', output: [], error: { message: 'broke' } };
  const incomplete = { ...head, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  const ends: [body: Parameters<typeof event>[0], text: string, reasons: string[]][] = [
    [{ type: 'response.failed', response: failed }, 'broke', ['failed']],
    [{ type: 'response.incomplete', response: incomplete }, '', ['max_output_tokens']],
    [{ type: 'error', message: 'gone', param: null }, 'gone', []],
  ];
  for (const [body, text, reasons] of ends) {
    const { reading, last, facts } = readStream(event(body));
    assert.deepEqual(
      [summary(reading).texts[0]?.[3] ?? '', last, facts.finishReasons],
      [text, [true], reasons],
    );
  }
});

test('a text that is told otherwise at its end is read again, whole', () => {
  const at = { output_index: 0, content_index: 0 };
  const stream = [
    { type: 'response.output_text.delta', ...at, delta: 'all is well' },
    { type: 'response.output_text.done', ...at, text: 'we deceive' },
    { type: 'response.content_part.done', ...at, part: { type: 'output_text', text: 'we deceive' } },
    { type: 'response.refusal.done', ...at, refusal: 'never in pieces' },
    { type: 'response.custom_tool_call_input.delta', output_index: 2, delta: 'we dec' },
    { type: 'response.custom_tool_call_input.done', output_index: 2, input: 'we deceive' },
    { type: 'response.news.delta', output_index: 0, delta: 'un' },
    { type: 'response.news.delta', output_index: 0, delta: 'heard' },
    { type: 'response.audio.transcript.delta', delta: 'spoken' },
    { type: 'response.audio.delta', delta: 'AAAA' },
    {
      type: 'response.shell_call_output_content.delta',
      output_index: 1,
      command_index: 0,
      delta: { stdout: 'a' },
    },
    {
      type: 'response.shell_call_output_content.delta',
      output_index: 1,
      command_index: 0,
      delta: { stdout: 'b' },
    },
  ];
  const { texts, unread } = summary(readStream(stream.map(event).join('')).reading);
  assert.deepEqual(
    texts.map(([id, , , text]) => [id.replace('response/', ''), text]),
    [
      ['output/0/content/0/text', 'all is well'],
      ['output/0/content/0/text#whole', 'we deceive'],
      ['output/0/content/0/refusal', 'never in pieces'],
      ['output/2/input', 'we deceive'],
      ['output/0/response.news.delta', 'unheard'],
      ['output/0/response.audio.transcript.delta', 'spoken'],
      ['output/1/output/0/stdout', 'ab'],
    ],
  );
  assert.deepEqual(unread, [['response/audio/data', 'audio']]);
  const strange = readStream('data: {"type\n\ndata: 7\n\n').reading;
  assert.deepEqual(summary(strange).unread, [
    ['response', 'bad_json'],
    ['response', 'bad_shape'],
  ]);
});

const recorded = [
  reasoningItem('rs_1', [['I will ', 'look']]),
  messageItem('msg_1', [['é 🙂', ' "well"']]),
  callItem('fc_1', ['{"q":', ' "\\u00', '64eceive"}']),
];

test('a recorded stream, split at every position, has the segments of the whole response', () => {
  // The first events say nothing that the last does not; every byte here is a stream to be read again.
  const stream = responseEvents(recorded).slice(2).join('');
  const expected = JSON.stringify(sorted(readAnswer(wholeResponse(recorded))));
  assert.match(expected, /deceive/);
  for (let cut = 0; cut <= Buffer.byteLength(stream); cut++) {
    assert.equal(JSON.stringify(sorted(readStream(stream, [cut]).reading)), expected, `cut at ${cut}`);
  }
});

const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { maxLength: 5 });
const parts = fc.array(words, { maxLength: 3 });
const json = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), fc.array(fc.nat(500)))
  .map(([value, cuts]) => {
    const text = JSON.stringify(value, null, 1);
    const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
    return at.slice(1).map((end, index) => text.slice(at[index], end));
  });
const items: fc.Arbitrary<ItemPieces> = fc.oneof(
  fc.tuple(parts, fc.string()).map(([pieces, cited]) => messageItem('msg', pieces, cited)),
  words.map((pieces) => refusalItem('msg', pieces)),
  parts.map((pieces) => reasoningItem('rs', pieces)),
  json.map((pieces) => callItem('fc', pieces)),
  words.map((pieces) => customCallItem('ct', pieces)),
  fc.tuple(words, fc.string()).map(([pieces, logs]) => codeItem('ci', pieces, logs)),
);

test('a streamed response, cut anywhere, has the segments and facts of the whole one', () => {
  fc.assert(
    fc.property(
      fc.array(items, { maxLength: 4 }),
      fc.array(fc.nat(9000), { maxLength: 20 }),
      (drawn, cuts) => {
        const { reading, facts, last } = readStream(responseEvents(drawn).join(''), cuts);
        const whole = readAnswer(wholeResponse(drawn));
        assert.deepEqual(sorted(reading), sorted(whole));
        assert.deepEqual(facts, whole.facts);
        assert.equal(last.indexOf(true), last.length - 1);
      },
    ),
    { numRuns: 200 },
  );
});
