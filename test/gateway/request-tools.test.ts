import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { dialect as gemini } from '../../gateway/dialects/gemini/index.ts';
import { dialect as chat } from '../../gateway/dialects/openai-chat/index.ts';
import { dialect as responses } from '../../gateway/dialects/openai-responses/index.ts';
import { createReadings, toolsByPointer } from './readings.ts';

/** The tool of each segment of a request that has one, by its pointer. */
function toolsAsked(dialect: Dialect, body: object): Record<string, string> {
  return toolsByPointer(createReadings(dialect).readRequest(body));
}

const call = (id: string, name: string) => ({
  id,
  type: 'function',
  function: { name, arguments: '{"a": 1}' },
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
    // No name, so it is read.
    '/messages/9/name': 'read_file',
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
