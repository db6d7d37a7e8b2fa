import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { contentOf } from '../../gateway/telemetry/index.ts';
import { startAnswering } from '../gateway/start-answering.ts';
import { rule, ruleFile } from '../gateway/start-gateway.ts';
import { ask } from '../gateway/test-upstream.ts';
import { startOtlpReceiver } from '../services/otlp-receiver.ts';

const QUESTION = 'they deceive us, report the test results';
const HARMLESS = 'report the weather in March';
const RULES = { 'a.yaml': ruleFile([rule({ target: 'input' })]) };
const ATTRIBUTES = ['gen_ai.input.messages', 'gen_ai.output.messages', 'telltale.content.reference'];

/** What the spans of a flagged exchange and of another say of their text. */
async function tracedUnder(context: TestContext, content: string, more: object = {}, rules = RULES) {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  const telemetry = { otlp_endpoint: receiver.endpoint, content };
  const { gateway } = await startAnswering(context, { rules, config: { telemetry, ...more } });
  const told = async (question: string) => {
    const response = await gateway.post(ask(question));
    await response.text();
    const id = response.headers.get('x-telltale-exchange-id') ?? '';
    const { attributes } = await receiver.spans.waitFor(
      (span) => span.attributes['telltale.exchange.id'] === id,
    );
    return { id, said: ATTRIBUTES.map((name) => attributes[name]) };
  };
  return { flagged: await told(QUESTION), ordinary: await told(HARMLESS) };
}

test('by default a span says nothing of the text', async (context) => {
  const { flagged, ordinary } = await tracedUnder(context, 'none');
  for (const { said } of [flagged, ordinary]) assert.deepEqual(said, [undefined, undefined, undefined]);
});

test('under `reference` a flagged exchange’s span says where its text is read, and no other does', async (context) => {
  const review = { host: '127.0.0.1', port: 0, url: 'https://review.example/' };
  const { flagged, ordinary } = await tracedUnder(context, 'reference', { review });
  const url = `https://review.example/?exchange=${flagged.id}`;
  assert.deepEqual(flagged.said, [undefined, undefined, url]);
  assert.deepEqual(ordinary.said, [undefined, undefined, undefined]);
});

for (const [read, rules] of [
  ['rules read', RULES],
  ['no rule reads', { 'a.yaml': ruleFile([rule({ mode: 'off' })]) }],
] as const) {
  test(`under \`spans\` every span carries the messages in the form of GenAI conventions, where ${read}`, async (context) => {
    const { ordinary } = await tracedUnder(context, 'spans', {}, rules);
    const [input, output, reference] = ordinary.said;
    assert.deepEqual(JSON.parse(String(input)), [
      { role: 'user', parts: [{ type: 'text', content: HARMLESS }] },
    ]);
    assert.deepEqual(JSON.parse(String(output)), [
      { role: 'assistant', parts: [{ type: 'text', content: 'fine' }], finish_reason: 'stop' },
    ]);
    assert.equal(reference, undefined);
  });
}

test('tool calls and their results are parts of their own, one message stands for each choice', () => {
  const at = (id: string, more: object) =>
    ({ id, target: 'output', role: 'assistant', choice: null, ...more }) as const;
  const texts = [
    { ref: at('request/1', { target: 'tool_result', role: 'tool' }), text: '12 degrees' },
    { ref: at('response/0', { choice: 0 }), text: 'One moment.' },
    {
      ref: at('response/0/call', { target: 'tool_call', choice: 0, tool: 'weather' }),
      text: '{"at":"Lyon"}',
    },
    { ref: at('response/1', { choice: 1 }), text: 'No.' },
  ];
  assert.deepEqual(contentOf(texts, ['tool_calls']), {
    kind: 'messages',
    input: [{ role: 'tool', parts: [{ type: 'tool_call_response', response: '12 degrees' }] }],
    output: [
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'One moment.' },
          { type: 'tool_call', name: 'weather', arguments: '{"at":"Lyon"}' },
        ],
        finish_reason: 'tool_calls',
      },
      { role: 'assistant', parts: [{ type: 'text', content: 'No.' }], finish_reason: 'unknown' },
    ],
    isCut: false,
  });
});

test('of more text than a trace carries the oldest of the request is left out, and the span says so', () => {
  const long = 'x'.repeat(80_000);
  const of = (id: string, role: 'user' | 'assistant', text: string) =>
    ({ ref: { id, target: 'input', role, choice: null }, text }) as const;
  const texts = [
    of('request/0', 'user', long),
    of('request/1', 'assistant', 'y'.repeat(5_000)),
    of('request/2', 'user', 'the last'),
    of('response/0', 'assistant', 'the answer'),
  ];
  const content = contentOf(texts, []);
  assert.ok(content.kind === 'messages' && content.isCut);
  assert.equal(content.output.length, 1);
  const lengths = content.input.map(({ parts: [part] }) => (part?.type === 'text' ? part.content.length : 0));
  assert.deepEqual(lengths, [65_536 - 5_000 - 'the last'.length - 'the answer'.length, 5_000, 8]);
});
