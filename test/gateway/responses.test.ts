import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { dialect } from '../../gateway/dialects/openai-responses/index.ts';
import {
  callItem,
  customCallItem,
  event,
  eventBodies,
  type ItemPieces,
  messageItem,
  reasoningItem,
  refusalItem,
  responseEvents,
  wholeResponse,
} from './responses-stream.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, beginEvents, startUpstream, type TestUpstream } from './test-upstream.ts';

const model = 'test-model';
const ask = { model, input: 'hello' };
const enforce = (...targets: string[]) => ({
  'a.yaml': ruleFile(
    targets.map((target) => rule({ name: `no-${target.replace('_', '-')}`, mode: 'enforce', target })),
  ),
});
const all = [
  reasoningItem('rs_1', [['let me ', 'think']]),
  messageItem('msg_1', [['all is ', 'well']], 'as said'),
  callItem('fc_1', ['{"q"', ': "x"}']),
];

function post(gateway: { readonly url: string }, body: object, path = '/v1/responses'): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Answers as OpenAI does: created, streamed, stored, counted. */
function startResponses(context: TestContext, items: readonly ItemPieces[]): Promise<TestUpstream> {
  return startUpstream(context, (response, { method, target, body }) => {
    if (target === '/v1/responses/input_tokens') {
      return answerJson(response, { object: 'response.input_tokens', input_tokens: 7 });
    }
    if (target.startsWith('/v1/responses/resp_1/input_items')) {
      const item = {
        id: 'msg_0',
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'hello' }],
      };
      return answerJson(response, { object: 'list', data: [item], has_more: false });
    }
    if (method === 'DELETE') return answerJson(response, { id: 'resp_1', object: 'response', deleted: true });
    if (!body.includes('"stream":true')) return answerJson(response, wholeResponse(items));
    beginEvents(response);
    response.end(responseEvents(items).join(''));
  });
}

test('responses pass byte for byte, streamed and not, and every item is in the coverage', async (context) => {
  const upstream = await startResponses(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const whole = await post(gateway, ask);
  assert.deepEqual(await whole.json(), wholeResponse(all));
  const streamed = await post(gateway, { ...ask, stream: true });
  assert.equal(await streamed.text(), responseEvents(all).join(''));
  const covered = [];
  for (const response of [whole, streamed]) {
    const { coverage, dialect: name, conversationId } = await gateway.recordOf(response);
    const places = coverage.map(({ pointer, status, bytes }) => [pointer, status, bytes]);
    covered.push({ name, conversationId, places: places.sort() });
  }
  assert.deepEqual(covered[0], covered[1]);
  assert.deepEqual(covered[0]?.places, [
    ['/input', 'scanned', 5],
    ['/instructions', 'scanned', 25],
    ['/output/0/summary/0/text', 'scanned', 12],
    ['/output/1/content/0/annotations/0/title', 'scanned', 7],
    ['/output/1/content/0/annotations/0/url', 'scanned', 19],
    ['/output/1/content/0/text', 'scanned', 11],
    ['/output/2/arguments', 'scanned', 9],
  ]);
});

test('what the upstream has stored is read when it is fetched', async (context) => {
  const upstream = await startResponses(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const cases: [method: string, path: string, pointers: string[]][] = [
    ['GET', '/v1/responses/resp_1', ['/output/0/summary/0/text', '/output/1/content/0/text']],
    ['GET', '/v1/responses/resp_1/input_items?limit=5', ['/data/0/content/0/text']],
    ['POST', '/v1/responses/resp_1/cancel', ['/output/0/summary/0/text', '/output/1/content/0/text']],
    ['DELETE', '/v1/responses/resp_1', []],
  ];
  for (const [method, path, pointers] of cases) {
    const response = await fetch(`${gateway.url}${path}`, { method });
    assert.equal(response.status, 200);
    await response.text();
    const { coverage, dialect: name } = await gateway.recordOf(response);
    const seen = coverage.filter(({ pointer }) => pointer.endsWith('/text')).map(({ pointer }) => pointer);
    assert.deepEqual([name, seen], ['openai-responses', pointers]);
  }
  const [request] = upstream.arrived.slice(-1);
  assert.deepEqual([request?.method, request?.target], ['DELETE', '/v1/responses/resp_1']);
});

test("the caller's own items in an answer are not output, and what was read in the request is not read again", async (context) => {
  const own = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'they deceive' }] };
  const earlier = { ...own, content: [{ type: 'input_text', text: 'so I deceive' }] };
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, { id: 'resp_1', object: 'response.compaction', output: [own, earlier] }),
  );
  const rules = ['input', 'output'].map((target) => rule({ name: `on-${target}`, target }));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile(rules) },
  });
  const response = await post(gateway, { model, input: [own] }, '/v1/responses/compact');
  await response.text();
  const { findings, coverage } = await gateway.recordOf(response);
  assert.deepEqual(findings.map(({ finding }) => [finding.ruleName, finding.segment.id]).sort(), [
    ['on-input', 'request/input/0/content/0/text'],
    ['on-input', 'response/output/1/content/0/text'],
  ]);
  assert.ok(coverage.every(({ segmentId }) => segmentId !== 'response/output/0/content/0/text'));
});

test('instructions that the upstream stores are read in the answer, those of the request are not read again', async (context) => {
  const stored = [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'always deceive them' }] },
  ];
  const upstream = await startUpstream(context, (response, { body }) => {
    const { instructions = stored, stream } = JSON.parse(body.toString()) as Record<string, unknown>;
    const whole = { id: 'resp_1', object: 'response', status: 'completed', model, instructions, output: [] };
    if (stream !== true) return answerJson(response, whole);
    beginEvents(response);
    for (const type of ['response.created', 'response.completed']) {
      response.write(`data: ${JSON.stringify({ type, response: whole })}\n\n`);
    }
    response.end();
  });
  const rules = { 'a.yaml': ruleFile([rule({ target: 'system' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const foundIn = async (body: object) => {
    const response = await post(gateway, { model, ...body });
    await response.text();
    const { findings } = await gateway.recordOf(response);
    return findings.map(({ finding }) => finding.segment.id);
  };
  for (const stream of [false, true]) {
    assert.deepEqual(await foundIn({ stream, prompt: { id: 'pmpt_1' } }), [
      'response/instructions/0/content/0/text',
    ]);
    assert.deepEqual(await foundIn({ stream, instructions: 'always deceive them' }), [
      'request/instructions',
    ]);
  }
});

test('a body that nobody reads is told', async (context) => {
  const upstream = await startResponses(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await post(gateway, { words: 'psst' }, '/v1/responses/resp_1/cancel');
  await response.text();
  const { coverage } = await gateway.recordOf(response);
  assert.deepEqual(
    coverage.filter(({ segmentId }) => segmentId === 'request').map(({ reason, bytes }) => [reason, bytes]),
    [['unknown_part', 16]],
  );
});

test('a body that nobody reads is refused where a rule enforces on any text of a request, an empty one passes', async (context) => {
  const upstream = await startResponses(context, all);
  for (const target of ['input', 'system', 'tool_result']) {
    const gateway = await startGateway(context, { upstream: upstream.url, rules: enforce(target) });
    const before = upstream.arrived.length;
    const refused = await post(gateway, { words: 'psst' }, '/v1/responses/resp_1/cancel');
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /unscannable/);
    assert.equal(upstream.arrived.length, before);
    const passed = await post(gateway, {}, '/v1/responses/resp_1/cancel');
    assert.equal(passed.status, 200);
    const { coverage } = await gateway.recordOf(passed);
    assert.ok(coverage.every(({ segmentId }) => segmentId !== 'request'));
  }
});

const deceiving: [about: string, path: string, body: object][] = [
  ['an input', '', { input: 'deceive' }],
  ["a tool's output", '', { input: [{ type: 'function_call_output', call_id: 'c', output: 'deceive' }] }],
  ['a variable of a prompt', '', { prompt: { id: 'p', variables: { x: 'deceive' } } }],
  ['what is only counted', '/input_tokens', { input: 'deceive' }],
  ['what is compacted', '/compact', { input: [{ role: 'user', content: 'deceive' }] }],
];

test('a blocked request is a content filter before the upstream is called', async (context) => {
  const upstream = await startResponses(context, all);
  const rules = enforce('input', 'tool_result');
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  for (const [about, path, body] of deceiving) {
    const response = await post(gateway, { model, ...body }, `/v1/responses${path}`);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.deepEqual([response.status, error.code], [400, 'content_filter'], about);
    assert.equal(upstream.arrived.length, 0);
  }
});

test('a blocked response is incomplete and says nothing, whole and streamed', async (context) => {
  const blocked = [
    [messageItem('msg_1', [['now we ', 'dec', 'eive']])],
    [reasoningItem('rs_1', [['deceive']])],
    [refusalItem('msg_1', ['no, we ', 'deceive'])],
    [callItem('fc_1', ['{"q":"we \\u006', '4eceive"}'])],
    [customCallItem('ct_1', ['dec', 'eive'])],
  ];
  const upstream = await startUpstream(context, (response, { body }) => {
    const { input, stream } = JSON.parse(body.toString()) as { input: string; stream?: boolean };
    const items = blocked[Number(input)] ?? [];
    if (stream !== true) return answerJson(response, wholeResponse(items));
    beginEvents(response);
    response.end(responseEvents(items).join(''));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: enforce('output', 'tool_call'),
    config: { streaming: { enforcing: 'buffer' } },
  });
  for (const index of blocked.keys()) {
    const about = { model, input: String(index) };
    const whole = (await (await post(gateway, about)).json()) as Record<string, unknown>;
    assert.deepEqual(
      [whole['status'], whole['incomplete_details'], whole['output'], whole['model']],
      ['incomplete', { reason: 'content_filter' }, [], model],
    );
    const sse = await (await post(gateway, { ...about, stream: true })).text();
    assert.deepEqual(sse.match(/(?<=^event: ).*/gm), ['response.created', 'response.incomplete']);
    assert.doesNotMatch(sse, /now|eive|no,/);
  }
});

function clientOf({ url }: { readonly url: string }): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
}

test('a stream that is blocked after any of its events is whole and incomplete to a client', async (context) => {
  const items = [messageItem('msg_1', [['all is ', 'well']]), callItem('fc_1', ['{"q"', ':1}'])];
  const bodies = eventBodies(items).slice(0, -1);
  const block = { exchangeId: 'e1', model, target: '/v1/responses', rules: [], facts: null };
  let sent = 0;
  const upstream = await startUpstream(context, (response) => {
    const ending = dialect.createStreamEnding('events');
    const before = bodies.slice(0, sent);
    for (const body of before) ending.sent(JSON.stringify(body));
    beginEvents(response);
    response.end(before.map(event).join('') + ending.blocked(block));
  });
  for (sent = 0; sent <= bodies.length; sent++) {
    const stream = clientOf(upstream).responses.stream(ask);
    const numbers: number[] = [];
    stream.on('event', ({ sequence_number: number }) => numbers.push(number));
    const final = await stream.finalResponse();
    assert.deepEqual([final.status, final.incomplete_details?.reason], ['incomplete', 'content_filter']);
    assert.deepEqual(numbers, [...numbers.keys()]);
    const begun = bodies.slice(0, sent).filter(({ type }) => type === 'response.output_item.added').length;
    assert.equal(final.output.length, begun);
    const said = bodies.slice(0, sent).filter(({ type }) => type === 'response.output_text.delta');
    assert.equal(final.output_text, said.map(({ delta }) => delta).join(''));
  }
});

test('what a streamed response cites is redacted as its text is', async (context) => {
  const upstream = await startResponses(context, [
    messageItem('m', [['all is ', 'well']], 'how they deceive'),
  ]);
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output', action: 'redact' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'k', maxRetries: 0 });
  const streamed = await client.responses.stream({ model, input: 'hello' }).finalResponse();
  const whole = await client.responses.create({ model, input: 'hello' });
  for (const { output, status } of [streamed, whole]) {
    const told = JSON.stringify(output);
    assert.equal(status, 'completed');
    assert.match(told, /"title":"how they \[redacted\]"/);
    assert.match(told, /"text":"all is well"/);
  }
});

test("OpenAI's client gets the same responses through the gateway as directly", async (context) => {
  const upstream = await startResponses(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const results = [];
  for (const client of [upstream, gateway].map(clientOf)) {
    const events = [];
    for await (const one of await client.responses.create({ ...ask, stream: true })) events.push(one);
    results.push([
      await client.responses.create(ask),
      events,
      await client.responses.stream(ask).finalResponse(),
      await client.responses.retrieve('resp_1'),
      (await client.responses.inputItems.list('resp_1')).data,
      await client.responses.inputTokens.count(ask),
    ]);
  }
  assert.deepEqual(results[0], results[1]);
  const [whole] = results[1] as [OpenAI.Responses.Response];
  assert.equal(whole.output_text, 'all is well');
});

test("structured output is parsed by OpenAI's client as directly", async (context) => {
  const upstream = await startResponses(context, [messageItem('msg_1', [['{"city":', '"Rome"}']])]);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const format = { type: 'json_schema' as const, name: 'place', schema, strict: true };
  for (const client of [upstream, gateway].map(clientOf)) {
    const parsed = await client.responses.parse({ ...ask, text: { format } });
    assert.deepEqual(parsed.output_parsed, { city: 'Rome' });
  }
});

test("a block is a bad request or an incomplete response to OpenAI's client, a cut stream an error", async (context) => {
  const upstream = await startUpstream(context, async (response, { body }) => {
    const items = [messageItem('msg_1', [['we ', 'deceive']])];
    if (!body.includes('"stream":true')) return answerJson(response, wholeResponse(items));
    beginEvents(response);
    await new Promise((resolve) => response.write(responseEvents(all).slice(0, 5).join(''), resolve));
    response.destroy();
  });
  const strict: TestGateway = await startGateway(context, {
    upstream: upstream.url,
    rules: enforce('input', 'output'),
    config: { streaming: { enforcing: 'buffer' } },
  });
  await assert.rejects(
    clientOf(strict).responses.create({ model, input: 'deceive' }),
    (error: unknown) => error instanceof OpenAI.BadRequestError && error.code === 'content_filter',
  );
  assert.equal((await clientOf(strict).responses.create(ask)).status, 'incomplete');
  const open = await startGateway(context, { upstream: upstream.url });
  await assert.rejects(clientOf(open).responses.stream(ask).finalResponse(), OpenAI.APIError);
  const away = await startGateway(context, { upstream: 'http://127.0.0.1:1' });
  await assert.rejects(
    clientOf(away).responses.create(ask),
    (error: unknown) => error instanceof OpenAI.APIError && error.status === 502,
  );
});
