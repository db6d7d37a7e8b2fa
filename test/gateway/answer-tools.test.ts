import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { dialect as gemini } from '../../gateway/dialects/gemini/index.ts';
import { dialect as responses } from '../../gateway/dialects/openai-responses/index.ts';
import { messageEvents, wholeMessage } from './anthropic-stream.ts';
import { chunksOf, eventsOf, onePart, wholeAnswer } from './gemini-stream.ts';
import { createReadings, toolsByPointer } from './readings.ts';
import { RECORDED } from './recorded-streams.ts';
import {
  callItem,
  codeItem,
  customCallItem,
  responseEvents,
  wholeItem,
  wholeResponse,
} from './responses-stream.ts';

test('a list of stored items says the tools of its outputs, whatever its order', () => {
  const data = [
    { type: 'function_call_output', call_id: 'c1', output: 'done' },
    { type: 'function_call', call_id: 'c1', name: 'shell_exec', arguments: '{"a":1}' },
  ];
  const reading = createReadings(responses).readAnswer({ object: 'list', data });
  assert.deepEqual(toolsByPointer(reading), {
    '/data/0/output': 'shell_exec',
    '/data/1/arguments': 'shell_exec',
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
    assert.deepEqual(toolsByPointer(readAnswer(whole)), ANSWERED[name]);
    assert.deepEqual(toolsByPointer(streamed.reading), ANSWERED[name]);
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
    assert.deepEqual(toolsByPointer(readAnswer(whole)), tools);
    assert.deepEqual(toolsByPointer(readStream(sse).reading), tools);
  });
}
