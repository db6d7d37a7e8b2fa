import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { dialect } from '../../gateway/dialects/anthropic-messages/index.ts';
import { readStream } from './anthropic-readings.ts';
import {
  type BlockPieces,
  callBlock,
  HEAD,
  messageEvents,
  textBlock,
  thinkingBlock,
  wholeMessage,
} from './anthropic-stream.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, startUpstream, type TestUpstream } from './test-upstream.ts';

const request = ask('hello', { max_tokens: 9 });
const enforce = (...targets: string[]) => ({
  'a.yaml': ruleFile(
    targets.map((target) => rule({ name: `no-${target.replace('_', '-')}`, mode: 'enforce', target })),
  ),
});

function post(
  gateway: TestGateway,
  body: object,
  headers: Record<string, string> = {},
  path = '/v1/messages',
) {
  const type = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...type, ...headers },
    body: JSON.stringify(body),
  });
}

/** Answers as Anthropic does: whole, streamed, or with a count. */
function startAnthropic(
  context: Parameters<typeof startUpstream>[0],
  blocks: readonly BlockPieces[],
): Promise<TestUpstream> {
  return startUpstream(context, (response, { body, target }) => {
    if (target.includes('/count_tokens')) return answerJson(response, { input_tokens: 7 });
    if (!body.includes('"stream":true')) return answerJson(response, wholeMessage(blocks));
    beginEvents(response);
    response.end(messageEvents(blocks).join(''));
  });
}

const all = [
  thinkingBlock(['let me ', 'think']),
  textBlock(['all is ', 'well'], ['as said']),
  callBlock({ q: 'x' }, ['{"q"', ': "x"}']),
];

test('messages pass byte for byte, streamed and not, and every block is in the coverage', async (context) => {
  const upstream = await startAnthropic(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const whole = await post(gateway, request);
  assert.deepEqual(await whole.json(), wholeMessage(all));
  const streamed = await post(gateway, { ...request, stream: true });
  assert.equal(await streamed.text(), messageEvents(all).join(''));
  const covered = [];
  for (const response of [whole, streamed]) {
    const { coverage, model, conversationId } = await gateway.recordOf(response);
    const places = coverage.map(({ pointer, status, bytes }) => [pointer, status, bytes]);
    covered.push({ model, conversationId, places: places.sort() });
  }
  assert.deepEqual(covered[0], covered[1]);
  assert.deepEqual(covered[0]?.places, [
    ['/content/0/thinking', 'scanned', 12],
    ['/content/1/citations/0/cited_text', 'scanned', 7],
    ['/content/1/text', 'scanned', 11],
    ['/content/2/input', 'scanned', 9],
    ['/messages/0/content', 'scanned', 5],
  ]);
  const count = await post(gateway, request, {}, '/v1/messages/count_tokens');
  assert.deepEqual(await count.json(), { input_tokens: 7 });
  assert.equal((await gateway.recordOf(count)).coverage[0]?.status, 'scanned');
});

test("a blocked request is answered with Anthropic's error before the upstream is called", async (context) => {
  const upstream = await startAnthropic(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url, rules: enforce('tool_result') });
  const content = [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'deceive' }] }];
  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    const response = await post(gateway, { ...request, messages: [{ role: 'user', content }] }, {}, path);
    const body = (await response.json()) as { type: string; error: { type: string; message: string } };
    assert.deepEqual([response.status, body.type, body.error.type], [400, 'error', 'invalid_request_error']);
    assert.match(body.error.message, /content policy/);
  }
  assert.equal(upstream.arrived.length, 0);
});

test('a blocked answer is a well-formed refusal that says nothing, whole and streamed', async (context) => {
  for (const blocks of [
    [textBlock(['now we ', 'dec', 'eive'])],
    [thinkingBlock(['deceive'])],
    [callBlock({ q: 'we deceive' }, ['{"q":"we \\u006', '4eceive"}'])],
  ]) {
    const upstream = await startAnthropic(context, blocks);
    const rules = enforce('output', 'tool_call');
    const config = { streaming: { enforcing: 'buffer' } };
    const gateway = await startGateway(context, { upstream: upstream.url, rules, config });
    const whole = await post(gateway, request);
    const id = `msg_${whole.headers.get('x-telltale-exchange-id')}`;
    const usage = { input_tokens: 3, output_tokens: 5 };
    const refusal = { content: [], stop_reason: 'refusal', stop_sequence: null, usage };
    assert.deepEqual([whole.status, await whole.json()], [200, { ...HEAD, id, ...refusal }]);
    const sse = await (await post(gateway, { ...request, stream: true })).text();
    assert.deepEqual(sse.match(/(?<=^event: ).*/gm), ['message_start', 'message_delta', 'message_stop']);
    assert.match(sse, /"stop_reason":"refusal"/);
    assert.deepEqual(readStream(sse).reading, { segments: [], unread: [] });
  }
});

test("errors of the gateway's own are in Anthropic's form, with the type that fits the status", async (context) => {
  const gateway = await startGateway(context, {
    upstream: 'http://127.0.0.1:1',
    config: { limits: { max_body_bytes: 1_000 } },
  });
  const cases: [body: object, status: number, type: string][] = [
    [{ messages: 'no' }, 400, 'invalid_request_error'],
    [ask('x'.repeat(2_000)), 413, 'request_too_large'],
    [request, 502, 'api_error'],
  ];
  for (const [body, status, type] of cases) {
    const response = await post(gateway, body);
    const told = (await response.json()) as { type: string; error: { type: string; message: string } };
    assert.deepEqual([response.status, told.type, told.error.type], [status, 'error', type]);
  }
  const typeOf = (status: number, code: string) =>
    JSON.parse(dialect.error({ status, code, message: 'm', at: null }).body).error.type;
  assert.equal(typeOf(503, 'overloaded'), 'overloaded_error');
  assert.equal(typeOf(503, 'unrecorded'), 'api_error');
  assert.equal(typeOf(404, 'unknown_path'), 'not_found_error');
  assert.equal(typeOf(408, 'body_timeout'), 'invalid_request_error');
});

test('x-api-key tells callers apart and is kept nowhere', async (context) => {
  const upstream = await startAnthropic(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const ids = [];
  for (const key of ['planted-secret-1', 'planted-secret-1', 'planted-secret-2']) {
    const response = await post(gateway, request, { 'x-api-key': key });
    ids.push((await gateway.recordOf(response)).conversationId);
    assert.ok(upstream.arrived.at(-1)?.rawHeaders.includes(key));
  }
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
  assert.doesNotMatch(await gateway.metrics(), /planted-secret/);
  await gateway.stop();
  for (const file of readdirSync(join(gateway.folder, 'data'))) {
    assert.equal(readFileSync(join(gateway.folder, 'data', file)).includes('planted-secret'), false, file);
  }
});

const asked = { model: 'test-model', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hello' }] };

function clientOf(url: string): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'sk-test', maxRetries: 0 });
}

test("Anthropic's client gets the same through the gateway as directly", async (context) => {
  const upstream = await startAnthropic(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const results = [];
  for (const url of [upstream.url, gateway.url]) {
    const client = clientOf(url);
    const whole = await client.messages.create(asked);
    const streamed = await client.messages.stream(asked).finalMessage();
    const count = await client.messages.countTokens({ model: asked.model, messages: asked.messages });
    results.push([whole.content, streamed.content, streamed.usage, count]);
  }
  assert.deepEqual(results[0], results[1]);
});

test("a block is a bad request or a refusal to Anthropic's client, a cut stream an error", async (context) => {
  const upstream = await startUpstream(context, async (response, { body }) => {
    if (!body.includes('"stream":true')) return answerJson(response, wholeMessage([textBlock(['deceive'])]));
    beginEvents(response);
    const sent = messageEvents(all).slice(0, 5).join('');
    await new Promise((resolve) => response.write(sent, resolve));
    response.destroy();
  });
  const strict = await startGateway(context, { upstream: upstream.url, rules: enforce('input', 'output') });
  const messages = [{ role: 'user' as const, content: 'deceive' }];
  await assert.rejects(
    clientOf(strict.url).messages.create({ ...asked, messages }),
    (error: unknown) => error instanceof Anthropic.BadRequestError && error.type === 'invalid_request_error',
  );
  assert.equal((await clientOf(strict.url).messages.create(asked)).stop_reason, 'refusal');
  const blocking = await startAnthropic(context, [textBlock(['we ', 'deceive'])]);
  const config = { streaming: { enforcing: 'buffer' } };
  const gateway = await startGateway(context, { upstream: blocking.url, rules: enforce('output'), config });
  const refused = await clientOf(gateway.url).messages.stream(asked).finalMessage();
  assert.deepEqual([refused.stop_reason, refused.content], ['refusal', []]);
  const open = await startGateway(context, { upstream: upstream.url });
  await assert.rejects(clientOf(open.url).messages.stream(asked).finalMessage(), Anthropic.APIError);
});
