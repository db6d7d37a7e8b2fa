import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { dialect as gemini } from '../../gateway/dialects/gemini/index.ts';
import { dialect as chat } from '../../gateway/dialects/openai-chat/index.ts';
import { dialect as responses } from '../../gateway/dialects/openai-responses/index.ts';
import { messageEvents, wholeMessage } from './anthropic-stream.ts';
import { chunksOf, eventsOf, onePart, wholeAnswer } from './gemini-stream.ts';
import { createReadings, summary, toolsOf } from './readings.ts';
import { RECORDED } from './recorded-streams.ts';
import {
  callItem,
  codeItem,
  customCallItem,
  event,
  responseEvents,
  wholeItem,
  wholeResponse,
} from './responses-stream.ts';
import { chunk } from './test-upstream.ts';

/** The tool of each segment of a request that has one, by its pointer. */
function toolsAsked(dialect: Dialect, body: object): Record<string, string> {
  return withoutSide(toolsOf(createReadings(dialect).readRequest(body)));
}

function withoutSide(tools: Record<string, string>): Record<string, string> {
  const entries = Object.entries(tools).map(([id, tool]) => [id.replace(/^\w+/, ''), tool]);
  return Object.fromEntries(entries);
}

const call = (id: string, name: string, given = '{"a": 1}') => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});

test('chat: calls, results by the id of their call, and legacy functions say their tool', () => {
  const calls = [
    call('c1', 'shell_exec'),
    { id: 'c2', type: 'custom', custom: { name: 'write', input: 'x' } },
  ];
  const messages = [
    { role: 'user', content: 'hello' },
    { role: 'assistant', content: 'well', tool_calls: calls },
    { role: 'tool', tool_call_id: 'c1', content: 'done' },
    { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'written' }] },
    { role: 'tool', tool_call_id: 'c9', content: 'of a call that is not there' },
    { role: 'tool', tool_call_id: 'c9', name: 'said', content: 'of one that the caller names' },
    { role: 'assistant', function_call: { name: 'old', arguments: '{}' } },
    { role: 'function', name: 'old', content: 'so' },
    // An id may come again in a later turn.
    { role: 'assistant', tool_calls: [call('c1', 'read_file')] },
    { role: 'tool', tool_call_id: 'c1', name: 'not asked', content: 'read' },
    { role: 'user', name: 'ann', content: 'thanks' },
  ];
  assert.deepEqual(toolsAsked(chat, { messages }), {
    '/messages/1/tool_calls/0/function/arguments': 'shell_exec',
    '/messages/1/tool_calls/1/custom/input': 'write',
    '/messages/2/content': 'shell_exec',
    '/messages/3/content/0/text': 'write',
    '/messages/5/content': 'said',
    '/messages/6/function_call/arguments': 'old',
    '/messages/7/content': 'old',
    '/messages/8/tool_calls/0/function/arguments': 'read_file',
    '/messages/9/content': 'read_file',
  });
});

test('messages: calls, results by the id of their call, and tools of the upstream say their tool', () => {
  const messages = [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'well' },
        { type: 'tool_use', id: 't1', name: 'shell_exec', input: { a: 1 } },
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 's1',
          content: [{ type: 'web_search_result', title: 'hit' }],
        },
        { type: 'bash_code_execution_tool_result', tool_use_id: 's9', content: { stdout: 'out' } },
        { type: 'mcp_tool_use', id: 'm1', name: 'ask', server_name: 'srv', input: {} },
        { type: 'mcp_tool_result', tool_use_id: 'm1', content: [{ type: 'text', text: 'told' }] },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'done' }] },
        { type: 'tool_result', tool_use_id: 't9', content: 'of a call that is not there' },
        { type: 'text', text: 'go on' },
      ],
    },
  ];
  assert.deepEqual(toolsAsked(anthropic, { messages }), {
    '/messages/0/content/1/input': 'shell_exec',
    '/messages/0/content/2/input': 'web_search',
    '/messages/0/content/3/content/0/title': 'web_search',
    '/messages/0/content/4/content/stdout': 'bash_code_execution',
    '/messages/0/content/5/input': 'ask',
    '/messages/0/content/5/server_name': 'ask',
    '/messages/0/content/6/content/0/text': 'ask',
    '/messages/1/content/0/content/0/text': 'shell_exec',
  });
});

test('responses: calls, outputs by the id of their call, and tools of the upstream say their tool', () => {
  const input = [
    { role: 'user', content: 'hello' },
    { type: 'function_call', call_id: 'c1', name: 'shell_exec', arguments: '{"a":1}' },
    { type: 'function_call_output', call_id: 'c1', output: 'done' },
    { type: 'custom_tool_call', call_id: 'c2', name: 'write', input: 'x' },
    { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'written' }] },
    { type: 'function_call_output', call_id: 'c9', output: 'of a call that stands at the upstream' },
    { type: 'web_search_call', id: 'w1', action: { type: 'search', query: 'q' } },
    { type: 'mcp_call', id: 'm1', name: 'ask', server_label: 'srv', arguments: '{}', output: 'told' },
    { type: 'local_shell_call', id: 'l1', call_id: 'c3', action: { command: ['ls'] } },
    { type: 'local_shell_call_output', id: 'c3', output: 'files' },
    { type: 'computer_call_output', call_id: 'c8', output: { type: 'text', text: 'seen' } },
  ];
  assert.deepEqual(toolsAsked(responses, { input }), {
    '/input/1/arguments': 'shell_exec',
    '/input/2/output': 'shell_exec',
    '/input/3/input': 'write',
    '/input/4/output/0/text': 'write',
    '/input/6/action/query': 'web_search',
    '/input/7/arguments': 'ask',
    '/input/7/output': 'ask',
    '/input/7/server_label': 'ask',
    '/input/8/action/command/0': 'local_shell',
    '/input/9/output': 'local_shell',
    '/input/10/output/text': 'computer',
  });
});

test('a list of stored items says the tools of its outputs, whatever its order', () => {
  const data = [
    { type: 'function_call_output', call_id: 'c1', output: 'done' },
    { type: 'function_call', call_id: 'c1', name: 'shell_exec', arguments: '{"a":1}' },
  ];
  const tools = toolsOf(createReadings(responses).readAnswer({ object: 'list', data }));
  assert.deepEqual(withoutSide(tools), {
    '/data/0/output': 'shell_exec',
    '/data/1/arguments': 'shell_exec',
  });
});

test('Gemini: calls, responses, and tools of the upstream say their tool', () => {
  const contents = [
    { role: 'user', parts: [{ text: 'hello' }] },
    {
      role: 'model',
      parts: [
        { functionCall: { name: 'shell_exec', args: { a: 1 } } },
        { executableCode: { language: 'PYTHON', code: 'print(1)' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
        { tool_call: { tool_type: 'GOOGLE_SEARCH_WEB', args: { query: 'q' } } },
      ],
    },
    { role: 'user', parts: [{ function_response: { name: 'shell_exec', response: { output: 'done' } } }] },
  ];
  assert.deepEqual(toolsAsked(gemini, { contents }), {
    '/contents/1/parts/0/functionCall/args': 'shell_exec',
    '/contents/1/parts/1/executableCode/code': 'code_execution',
    '/contents/1/parts/2/codeExecutionResult/output': 'code_execution',
    '/contents/1/parts/3/tool_call/args': 'GOOGLE_SEARCH_WEB',
    '/contents/2/parts/0/function_response/response/output': 'shell_exec',
  });
});

/** What a recorded answer's segments say of tools, by what is streamed and whole alike. */
const ANSWERED: Readonly<Record<string, Record<string, string>>> = {
  chat: {
    '/choices/0/message/tool_calls/0/function/arguments': 'find',
    '/choices/0/message/tool_calls/1/function/arguments': 'put',
  },
  completions: {},
  messages: { '/content/2/input': 'find', '/content/3/input': 'find' },
  'Gemini events': { '/candidates/0/content/parts/2/functionCall/args': 'find' },
  'a Gemini array': { '/candidates/0/content/parts/2/functionCall/args': 'find' },
  responses: { '/output/2/arguments': 'find', '/output/3/input': 'write' },
};

for (const { name, dialect, framing, bytes, whole } of RECORDED) {
  test(`${name}: an answer says its tools, streamed as whole`, () => {
    const { readAnswer, readStream, readArray } = createReadings(dialect);
    const streamed = (framing === 'events' ? readStream : readArray)(bytes.toString());
    assert.deepEqual(withoutSide(toolsOf(readAnswer(whole))), ANSWERED[name]);
    assert.deepEqual(withoutSide(toolsOf(streamed.reading)), ANSWERED[name]);
  });
}

/** Answers in which tools of the upstream's own work, whole and streamed. */
const OWN_TOOLS: readonly [name: string, dialect: Dialect, whole: object, sse: string, tools: object][] = [
  (() => {
    const items = [
      codeItem('i', ['print', '(1)'], 'one'),
      wholeItem({
        type: 'web_search_call',
        id: 'w',
        status: 'completed',
        action: { type: 'search', query: 'q' },
      }),
      wholeItem({
        type: 'mcp_call',
        id: 'm',
        name: 'ask',
        server_label: 's',
        arguments: '{}',
        output: 'told',
      }),
      callItem('c', ['{"a"', ':1}'], 'shell_exec'),
      customCallItem('w', ['wri', 'te']),
    ];
    const tools = {
      '/output/0/code': 'code_interpreter',
      '/output/0/outputs/0/logs': 'code_interpreter',
      '/output/0/outputs/1': 'code_interpreter',
      '/output/1/action/query': 'web_search',
      '/output/2/arguments': 'ask',
      '/output/2/output': 'ask',
      '/output/2/server_label': 'ask',
      '/output/3/arguments': 'shell_exec',
      '/output/4/input': 'write',
    };
    return ['responses', responses, wholeResponse(items), responseEvents(items).join(''), tools];
  })(),
  (() => {
    const use = { type: 'server_tool_use', id: 's', name: 'web_search' };
    const found = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ title: 'hit' }] };
    const blocks = [
      {
        whole: { ...use, input: { query: 'q' } },
        start: { ...use, input: {} },
        deltas: ['{"query"', ':"q"}'].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      },
      { whole: found, start: found, deltas: [] },
    ];
    const tools = { '/content/0/input': 'web_search', '/content/1/content/0/title': 'web_search' };
    return ['messages', anthropic, wholeMessage(blocks), messageEvents(blocks).join(''), tools];
  })(),
  (() => {
    const parts = [
      onePart({ executableCode: { language: 'PYTHON', code: 'print(1)' } }),
      onePart({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }),
    ];
    const at = '/candidates/0/content/parts';
    const tools = {
      [`${at}/0/executableCode/code`]: 'code_execution',
      [`${at}/1/codeExecutionResult/output`]: 'code_execution',
    };
    return ['Gemini', gemini, wholeAnswer([parts]), eventsOf(chunksOf([parts])), tools];
  })(),
];

for (const [name, dialect, whole, sse, tools] of OWN_TOOLS) {
  test(`${name}: tools of the upstream's own are told in its answer, streamed as whole`, () => {
    const { readAnswer, readStream } = createReadings(dialect);
    assert.deepEqual(withoutSide(toolsOf(readAnswer(whole))), tools);
    assert.deepEqual(withoutSide(toolsOf(readStream(sse).reading)), tools);
  });
}

test('a call of Gemini that comes in pieces has the name of its first in all of them', () => {
  const piece = (functionCall: object) => ({ functionCall });
  const part = {
    whole: {},
    pieces: [
      piece({ name: 'shell_exec', willContinue: true }),
      piece({
        partialArgs: [{ jsonPath: '$.city', stringValue: 'Ro', willContinue: true }],
        willContinue: true,
      }),
      piece({ partialArgs: [{ jsonPath: '$.city', stringValue: 'me' }], willContinue: true }),
      piece({}),
    ],
  };
  const { reading } = createReadings(gemini).readStream(eventsOf(chunksOf([[part]])));
  assert.deepEqual(withoutSide(toolsOf(reading)), {
    '/candidates/0/content/parts/0/functionCall/args/city': 'shell_exec',
  });
});

const delta = (piece: object) => chunk({ delta: { tool_calls: [{ index: 0, function: piece }] } });
const END = 'data: [DONE]\n\n';

/** What a chat says of its one call, the tool that is read under, and what is told to be wrong. */
const NAMED: readonly [
  name: string,
  pieces: readonly object[],
  tool: string | undefined,
  unread: string[],
][] = [
  ['before its arguments', [{ name: 'shell', arguments: '' }, { arguments: '{}' }], 'shell', []],
  ['in pieces', [{ name: 'shell' }, { name: '_exec' }, { arguments: '{}' }], 'shell_exec', []],
  [
    'again and again',
    [
      { name: 'shell', arguments: '{' },
      { name: 'shell', arguments: '}' },
    ],
    'shell',
    [],
  ],
  [
    'with an empty one later',
    [
      { name: 'shell', arguments: '{' },
      { name: '', arguments: '}' },
    ],
    'shell',
    [],
  ],
  ['never', [{ arguments: '{}' }], undefined, []],
  [
    'after its arguments have begun',
    [{ arguments: '{' }, { name: 'shell', arguments: '}' }],
    undefined,
    ['bad_shape'],
  ],
  [
    'anew',
    [
      { name: 'read', arguments: '{' },
      { name: 'shell', arguments: '}' },
    ],
    'read',
    ['bad_shape'],
  ],
];

for (const [name, pieces, tool, unread] of NAMED) {
  test(`a streamed call that is named ${name} is read under ${tool ?? 'no tool'}`, () => {
    const { reading } = createReadings(chat).readStream([...pieces.map(delta), END].join(''));
    const at = 'response/choices/0/message/tool_calls/0/function';
    assert.deepEqual(toolsOf(reading)[`${at}/arguments`], tool);
    assert.deepEqual(
      summary(reading).unread,
      unread.map((reason) => [`${at}/name`, reason]),
    );
  });
}

test('input that comes before its block, or of a block that begins anew, is told to be wrong', () => {
  const input = (partial_json: string) =>
    `data: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } })}\n\n`;
  const start = (name: string) =>
    `data: ${JSON.stringify({ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name, input: {} } })}\n\n`;
  const table: [string[], string | undefined][] = [
    [[input('{'), start('shell'), input('}')], undefined],
    [[start('read'), input('{'), start('shell'), input('}')], 'read'],
  ];
  for (const [events, tool] of table) {
    const { reading } = createReadings(anthropic).readStream(events.join(''));
    assert.equal(toolsOf(reading)['response/content/0/input'], tool);
    assert.deepEqual(summary(reading).unread, [['response/content/0/name', 'bad_shape']]);
  }
});

test('a response that names a call otherwise at its end is read again, whole, under that name', () => {
  const at = { output_index: 0, item_id: 'c' };
  const item = { type: 'function_call', id: 'c', call_id: 'call_c', name: 'shell', arguments: '{"a":1}' };
  const table: [events: { type: string }[], begun: string | undefined][] = [
    [[], undefined],
    [
      [
        {
          type: 'response.output_item.added',
          ...at,
          item: { ...item, name: 'read', arguments: '' },
        } as never,
      ],
      'read',
    ],
  ];
  for (const [begin, begun] of table) {
    const events = [
      ...begin,
      { type: 'response.function_call_arguments.delta', ...at, delta: '{"a":' },
      { type: 'response.function_call_arguments.delta', ...at, delta: '1}' },
      { type: 'response.output_item.done', ...at, item },
      { type: 'response.completed', response: { object: 'response', status: 'completed', output: [item] } },
    ];
    const { reading } = createReadings(responses).readStream(events.map(event).join(''));
    const id = 'response/output/0/arguments';
    assert.deepEqual(
      summary(reading).texts.map(([name, , , text]) => [name, text]),
      [
        [id, '{"a":1}'],
        [`${id}#whole`, '{"a":1}'],
      ],
    );
    assert.deepEqual(toolsOf(reading), { ...(begun && { [id]: begun }), [`${id}#whole`]: 'shell' });
  }
});

test('the name of a tool is bounded; one that is no name is text of its own call', () => {
  const name = `no name! ${'x'.repeat(5_000)}`;
  const messages = [{ role: 'assistant', tool_calls: [call('c', name)] }];
  const reading = createReadings(chat).readRequest({ messages });
  const tools = Object.values(toolsOf(reading));
  assert.deepEqual(tools, [name.slice(0, 256), name.slice(0, 256)]);
  assert.ok(reading.segments.some(({ text }) => text === name));
  const streamed = createReadings(chat).readStream(
    [delta({ name }), delta({ arguments: '{}' }), END].join(''),
  );
  assert.deepEqual(Object.values(toolsOf(streamed.reading)), tools);
});
