import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { createDemoUpstream, type DemoUpstream } from '../../gateway/demo-upstream/index.ts';

let upstream: DemoUpstream;
before(async () => {
  upstream = await createDemoUpstream({ port: 0 });
});
after(() => upstream?.close());

const model = 'telltale-demo';
const question = 'Please report the test results.';

/** What chats say to the same message, which all APIs say as well. */
async function expected(): Promise<string> {
  const client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: 'none' });
  const messages = [{ role: 'user' as const, content: question }];
  const { choices } = await client.chat.completions.create({ model, messages });
  return choices[0]?.message.content ?? '';
}

test("Anthropic's client is answered, whole, streamed and cut off", async () => {
  const { messages } = new Anthropic({ baseURL: upstream.url, apiKey: 'none' });
  const asked = { model, max_tokens: 999, messages: [{ role: 'user' as const, content: question }] };
  const whole = await messages.create(asked);
  const [block] = whole.content;
  assert.deepEqual([block?.type === 'text' && block.text, whole.stop_reason], [await expected(), 'end_turn']);
  assert.deepEqual((await messages.stream(asked).finalMessage()).content, whole.content);
  const cut = await messages.create({ ...asked, max_tokens: 3 });
  assert.deepEqual([cut.stop_reason, cut.usage.output_tokens], ['max_tokens', 3]);
});

test("OpenAI's client is answered through responses, whole, streamed and cut off", async () => {
  const { responses } = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: 'none' });
  const whole = await responses.create({ model, input: question });
  assert.deepEqual([whole.output_text, whole.status], [await expected(), 'completed']);
  const input = [
    { type: 'function_call_output' as const, call_id: 'c', output: 'x' },
    { role: 'user' as const, content: [{ type: 'input_text' as const, text: question }] },
  ];
  const stream = responses.stream({ model, input });
  assert.equal((await stream.finalResponse()).output_text, whole.output_text);
  const cut = await responses.create({ model, input: question, max_output_tokens: 3 });
  assert.deepEqual([cut.status, cut.incomplete_details?.reason], ['incomplete', 'max_output_tokens']);
});

test("Google's client is answered, whole, streamed as events and as an array, and cut off", async () => {
  const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: upstream.url } });
  const whole = await models.generateContent({ model, contents: question });
  assert.equal(whole.text, await expected());
  let text = '';
  for await (const chunk of await models.generateContentStream({ model, contents: question }))
    text += chunk.text;
  assert.equal(text, whole.text);
  const cut = await models.generateContent({ model, contents: question, config: { maxOutputTokens: 3 } });
  assert.equal(cut.candidates?.[0]?.finishReason, 'MAX_TOKENS');
  const array = await fetch(`${upstream.url}/v1/models/${model}:streamGenerateContent`, {
    method: 'POST',
    body: JSON.stringify({ contents: [{ parts: [{ text: question }] }] }),
  });
  const chunks = (await array.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[];
  assert.equal(chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text).join(''), whole.text);
});

test('a bad request is answered in the form of each API', async () => {
  for (const [path, form] of [
    ['/v1/messages', /^\{"type":"error","error":\{"type":"invalid_request_error","message":"messages: /],
    ['/v1/responses', /^\{"error":\{"message":"input: /],
    ['/v1beta/models/m:generateContent', /^\{"error":\{"code":400,"message":"contents: /],
  ] as const) {
    const response = await fetch(`${upstream.url}${path}`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 400);
    assert.match(await response.text(), form);
  }
});
