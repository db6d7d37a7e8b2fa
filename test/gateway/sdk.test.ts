import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, beginEvents, chunk, completion, events, startUpstream } from './test-upstream.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
const model = 'test-model';

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
}

test("OpenAI's client gets the same through the gateway as directly", async (context) => {
  const upstream = await startUpstream(context, (response, { body, target }) => {
    if (target === '/v1/models') return answerJson(response, { object: 'list', data: [{ id: model }] });
    if (!body.includes('"stream":true')) return answerJson(response, completion('fine', 'well'));
    beginEvents(response);
    response.end(events('fine words here').join(''));
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const results = [];
  for (const url of [upstream.url, gateway.url]) {
    const client = clientOf(url);
    const whole = await client.chat.completions.create({ model, messages });
    const helper = client.chat.completions.stream({ model, messages });
    const streamed = await helper.finalChatCompletion();
    const { data } = await client.models.list();
    results.push([whole.choices, streamed.choices, data]);
  }
  assert.deepEqual(results[0], results[1]);
});

test("a blocked request is a bad request to OpenAI's client, a blocked answer a content filter", async (context) => {
  const upstream = await startUpstream(context, (response, { body }) => {
    if (!body.includes('"stream":true')) return answerJson(response, completion('we deceive'));
    beginEvents(response);
    response.end(events('we deceive').join(''));
  });
  const rules = {
    'a.yaml': ruleFile([
      rule({ name: 'one', mode: 'enforce', target: 'input' }),
      rule({ name: 'two', mode: 'enforce', target: 'output' }),
    ]),
  };
  const config = { streaming: { enforcing: 'buffer' } };
  const gateway = await startGateway(context, { upstream: upstream.url, rules, config });
  const client = clientOf(gateway.url);
  await assert.rejects(
    client.chat.completions.create({ model, messages: [{ role: 'user', content: 'deceive' }] }),
    (error: unknown) => error instanceof OpenAI.BadRequestError && error.code === 'content_filter',
  );
  const whole = await client.chat.completions.create({ model, messages });
  assert.equal(whole.choices[0]?.finish_reason, 'content_filter');
  const reasons = [];
  for await (const part of await client.chat.completions.create({ model, messages, stream: true })) {
    reasons.push(part.choices[0]?.finish_reason);
  }
  assert.deepEqual(reasons, ['content_filter']);
});

test("an upstream cut in mid-stream raises an error in OpenAI's client", async (context) => {
  let cut = () => {};
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'well' } }));
    cut = () => void response.destroy();
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const stream = await clientOf(gateway.url).chat.completions.create({ model, messages, stream: true });
  await assert.rejects(async () => {
    for await (const _part of stream) cut();
  }, OpenAI.APIError);
});
