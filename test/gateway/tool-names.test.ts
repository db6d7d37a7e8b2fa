import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import { dialect as gemini } from '../../gateway/dialects/gemini/index.ts';
import { dialect as chat } from '../../gateway/dialects/openai-chat/index.ts';
import { dialect as responses } from '../../gateway/dialects/openai-responses/index.ts';
import { chunksOf, eventsOf } from './gemini-stream.ts';
import { createReadings, summary, toolsByPointer, toolsOf } from './readings.ts';
import { event } from './responses-stream.ts';
import { chunk } from './test-upstream.ts';

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
  assert.deepEqual(toolsByPointer(reading), {
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

const PARALLEL: [about: string, pieces: object[]][] = [
  [
    'under one index',
    [
      { index: 0, id: 'a', function: { name: 'put', arguments: '{"to":"x"}' } },
      { index: 0, id: 'b', function: { name: 'put', arguments: '{"to":"y"}' } },
      { index: 0, id: 'c', function: { name: 'get', arguments: '' } },
      { index: 0, function: { arguments: '{"z"' } },
      { index: 0, function: { name: 'get', arguments: ':1}' } },
      { index: 0, function: { name: 'get', arguments: '' } },
    ],
  ],
  [
    'without an index',
    ['x', 'y']
      .map((to) => ({ function: { name: 'put', arguments: `{"to":"${to}"}` } }))
      .concat([{ function: { name: 'get', arguments: '{"z":1}' } }]),
  ],
  [
    'each under its own, in any order',
    [
      { index: 2, function: { name: 'get', arguments: '' } },
      { index: 0, function: { name: 'put', arguments: '{"to":' } },
      { index: 1, function: { name: 'put', arguments: '{"to":"y"}' } },
      { index: 0, function: { arguments: '"x"}' } },
      { index: 2, function: { arguments: '{"z":1}' } },
    ],
  ],
];

for (const [about, pieces] of PARALLEL) {
  test(`streamed calls beside each other are read one by one: ${about}`, () => {
    const chunks = pieces.map((piece) => chunk({ delta: { tool_calls: [piece] } }));
    const { reading } = createReadings(chat).readStream([...chunks, END].join(''));
    const at = (number: number) => `response/choices/0/message/tool_calls/${number}/function/arguments`;
    const { texts, unread } = summary(reading);
    assert.deepEqual(texts.map(([id, , , text]) => [id, text]).sort(), [
      [at(0), '{"to":"x"}'],
      [at(1), '{"to":"y"}'],
      [at(2), '{"z":1}'],
    ]);
    assert.deepEqual(toolsOf(reading), { [at(0)]: 'put', [at(1)]: 'put', [at(2)]: 'get' });
    assert.deepEqual(unread, []);
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
  const call = { id: 'c', type: 'function', function: { name, arguments: '{"a": 1}' } };
  const messages = [{ role: 'assistant', tool_calls: [call] }];
  const reading = createReadings(chat).readRequest({ messages });
  const tools = Object.values(toolsOf(reading));
  assert.deepEqual(tools, [name.slice(0, 256), name.slice(0, 256)]);
  assert.ok(reading.segments.some(({ text }) => text === name));
  const streamed = createReadings(chat).readStream(
    [delta({ name }), delta({ arguments: '{}' }), END].join(''),
  );
  assert.deepEqual(Object.values(toolsOf(streamed.reading)), tools);
});
