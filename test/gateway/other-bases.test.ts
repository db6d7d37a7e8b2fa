import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { APIError, AzureOpenAI } from 'openai';
import { messageEvents, textBlock, wholeMessage } from './anthropic-stream.ts';
import { messageItem, responseEvents, wholeResponse } from './responses-stream.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, beginEvents, completion, events, startUpstream } from './test-upstream.ts';

const said = ['all is ', 'well'];
const items = [messageItem('m', [said])];
const isStreamedBody = (body: Buffer) => body.includes('"stream":true');
const safe = { hate: { filtered: false, severity: 'safe' }, jailbreak: { filtered: false, detected: false } };
const filterChunk = `data: ${JSON.stringify({ id: '', object: '', model: '', choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: safe }] })}\n\n`;

/** Answers as OpenAI's API does wherever it is offered; Azure tells what its filter found. */
function startOpenai(context: TestContext, text = said.join('')) {
  return startUpstream(context, (response, { target, body }) => {
    if (target.includes('/embeddings')) {
      return answerJson(response, {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [1] }],
      });
    }
    const isResponses = target.includes('/responses');
    if (!isStreamedBody(body)) {
      const chat = {
        ...completion(text),
        prompt_filter_results: [{ prompt_index: 0, content_filter_results: safe }],
      };
      return answerJson(response, isResponses ? wholeResponse(items) : chat);
    }
    beginEvents(response);
    response.end(isResponses ? responseEvents(items).join('') : filterChunk + events(text).join(''));
  });
}

async function textsOf(gateway: TestGateway, response: Response): Promise<string[]> {
  const { coverage } = await gateway.recordOf(response);
  return coverage.map(({ pointer, status }) => `${pointer} ${status}`).sort();
}

const messages = [{ role: 'user' as const, content: 'hello' }];
const azure = (endpoint: string, deployment?: string) =>
  new AzureOpenAI({
    endpoint,
    apiKey: 'k',
    apiVersion: '2024-10-21',
    maxRetries: 0,
    ...(deployment && { deployment }),
  });

test("Azure's client chats, streams, embeds and asks for responses through the gateway, and all of it is read", async (context) => {
  const upstream = await startOpenai(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const [client, direct] of [
    [azure(gateway.url, 'my-gpt'), azure(upstream.url, 'my-gpt')],
    [azure(gateway.url), azure(upstream.url)],
  ] as const) {
    const asked = client.chat.completions.create({ model: 'my-gpt', messages });
    const { data: whole, response } = await asked.withResponse();
    assert.deepEqual(whole, await direct.chat.completions.create({ model: 'my-gpt', messages }));
    assert.match(
      upstream.arrived.at(-1)?.target ?? '',
      /^\/openai\/deployments\/my-gpt\/chat\/completions\?api-version=/,
    );
    const record = await gateway.recordOf(response);
    assert.deepEqual([record.dialect, record.model], ['openai-chat', 'my-gpt']);
    assert.deepEqual(await textsOf(gateway, response), [
      '/choices/0/message/content scanned',
      '/messages/0/content scanned',
    ]);
    const streamed = await client.chat.completions
      .stream({ model: 'my-gpt', messages })
      .finalChatCompletion();
    assert.equal(streamed.choices[0]?.message.content, 'all is well');
  }
  const client = azure(gateway.url);
  const embedded = await client.embeddings.create({
    model: 'my-ada',
    input: 'hello',
    encoding_format: 'float',
  });
  assert.deepEqual(embedded.data[0]?.embedding, [1]);
  const { data, response } = await client.responses
    .create({ model: 'my-gpt', input: 'hello' })
    .withResponse();
  assert.equal(data.output_text, 'all is well');
  assert.deepEqual(await textsOf(gateway, response), [
    '/input scanned',
    '/instructions scanned',
    '/output/0/content/0/text scanned',
  ]);
});

const bases = [
  '/v1',
  '/openai/deployments/my-gpt',
  '/openai/v1',
  '/v1beta/openai',
  '/v1/projects/p-1/locations/eu/endpoints/openapi',
  '/v1beta1/projects/p-1/locations/eu/endpoints/123',
];

for (const base of bases) {
  test(`below ${base} OpenAI's client is answered, blocked and redacted as below /v1`, async (context) => {
    const upstream = await startOpenai(context, 'now we deceive them');
    const client = (url: string) => new OpenAI({ baseURL: `${url}${base}`, apiKey: 'k', maxRetries: 0 });
    const start = (action: string, target: string) =>
      startGateway(context, {
        upstream: upstream.url,
        rules: { 'a.yaml': ruleFile([rule({ mode: 'enforce', action, target })]) },
      });
    const redacting = client((await start('redact', 'output')).url);
    const whole = await redacting.chat.completions.create({ model: 'm', messages });
    assert.equal(whole.choices[0]?.message.content, 'now we [redacted] them');
    const streamed = await redacting.chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
    assert.equal(streamed.choices[0]?.message.content, 'now we [redacted] them');
    const blocking = client((await start('block', 'any')).url);
    const reasons = [];
    for await (const { choices } of await blocking.chat.completions.create({
      model: 'm',
      messages,
      stream: true,
    })) {
      if (choices[0]?.finish_reason != null) reasons.push(choices[0].finish_reason);
    }
    assert.deepEqual(reasons, ['content_filter']);
    const before = upstream.arrived.length;
    const harmful = [{ role: 'user' as const, content: 'deceive' }];
    await assert.rejects(blocking.chat.completions.create({ model: 'm', messages: harmful }), (error) => {
      assert.ok(error instanceof APIError);
      assert.deepEqual([error.status, error.code], [400, 'content_filter']);
      return true;
    });
    assert.equal(upstream.arrived.length, before);
  });
}

const vertex = (publisher: string, model: string, method: string) =>
  `/v1/projects/p-1/locations/eu/publishers/${publisher}/models/${model}:${method}`;
const ask = { anthropic_version: 'vertex-2023-10-16', max_tokens: 9, messages };

test("Anthropic's messages on Vertex AI are read, blocked and redacted as Anthropic's own, whole and streamed", async (context) => {
  const blocks = [textBlock(['now we ', 'dec', 'eive them'])];
  const upstream = await startUpstream(context, (response, { target }) => {
    if (target.includes('count-tokens')) return answerJson(response, { input_tokens: 3 });
    if (!target.includes(':streamRawPredict')) return answerJson(response, wholeMessage(blocks));
    beginEvents(response);
    response.end(messageEvents(blocks).join(''));
  });
  const start = (action: string) =>
    startGateway(context, {
      upstream: upstream.url,
      rules: { 'a.yaml': ruleFile([rule({ mode: 'enforce', action })]) },
    });
  const redacting = await start('redact');
  const client = new Anthropic({ baseURL: redacting.url, apiKey: 'k', maxRetries: 0 });
  const target = vertex('anthropic', 'claude-sonnet-4@20250514', 'rawPredict');
  const { data, response } = await client.post<Anthropic.Message>(target, { body: ask }).withResponse();
  assert.deepEqual(data.content, [{ type: 'text', text: 'now we [redacted] them' }]);
  const { dialect, model, coverage } = await redacting.recordOf(response);
  assert.deepEqual([dialect, model], ['anthropic-messages', 'claude-sonnet-4@20250514']);
  assert.deepEqual(coverage.map(({ pointer }) => pointer).sort(), ['/content/0/text', '/messages/0/content']);
  const streamTarget = vertex('anthropic', 'claude-sonnet-4@20250514', 'streamRawPredict');
  const stream = await client.post<AsyncIterable<Anthropic.MessageStreamEvent>>(streamTarget, {
    body: { ...ask, stream: true },
    stream: true,
  });
  let text = '';
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  }
  assert.equal(text, 'now we [redacted] them');
  const counted = { model: 'claude-sonnet-4', messages };
  const count = await client
    .post(vertex('anthropic', 'count-tokens', 'rawPredict'), { body: counted })
    .withResponse();
  assert.deepEqual(count.data, { input_tokens: 3 });
  assert.equal((await redacting.recordOf(count.response)).model, 'claude-sonnet-4');
  const blocking = new Anthropic({ baseURL: (await start('block')).url, apiKey: 'k', maxRetries: 0 });
  const refused = await blocking.post<Anthropic.Message>(target, { body: ask });
  assert.equal(refused.stop_reason, 'refusal');
  const harmful = { ...ask, messages: [{ role: 'user', content: 'deceive' }] };
  await assert.rejects(blocking.post(target, { body: harmful }), /400.*invalid_request_error/s);
});

test("Mistral's chats on Vertex AI are read as chats, and publishers that no dialect knows are refused", async (context) => {
  const upstream = await startOpenai(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const post = (target: string, body: object) =>
    fetch(`${gateway.url}${target}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const chat = { model: 'mistral-large', messages };
  const whole = await post(vertex('mistralai', 'mistral-large-2411', 'rawPredict'), chat);
  assert.deepEqual(await textsOf(gateway, whole), [
    '/choices/0/message/content scanned',
    '/messages/0/content scanned',
  ]);
  assert.equal((await gateway.recordOf(whole)).model, 'mistral-large-2411');
  const before = upstream.arrived.length;
  assert.equal((await post(vertex('nobody', 'm', 'rawPredict'), chat)).status, 404);
  assert.equal(upstream.arrived.length, before);
});
