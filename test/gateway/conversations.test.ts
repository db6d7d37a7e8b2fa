import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { dialect } from '../../gateway/dialects/openai-conversations/index.ts';
import { createReadings, summary, toolsByPointer } from './readings.ts';
import { wholeResponse } from './responses-stream.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, startUpstream } from './test-upstream.ts';

const { readRequest, readAnswer } = createReadings(dialect);
const said = (role: string, text: string) => ({
  type: 'message' as const,
  role: role as 'user',
  content: [{ type: 'input_text' as const, text }],
});
const call = { type: 'function_call' as const, call_id: 'c1', name: 'find', arguments: '{"q":"x"}' };
const found = { type: 'function_call_output' as const, call_id: 'c1', output: 'found x' };
const items = [said('developer', 'be kind'), said('user', 'hello'), call, found];

test('every item that a conversation is to begin or to go on with is a segment under its role and tool', () => {
  for (const target of ['/v1/conversations', '/v1/conversations/conv_1/items?include=a']) {
    const body = { items, metadata: { topic: 'a secret topic' }, news: 'unheard' };
    const request = readRequest(body, target);
    assert.deepEqual(summary(request).texts, [
      ['request/items/0/content/0/text', 'system', 'system', 'be kind'],
      ['request/items/1/content/0/text', 'input', 'user', 'hello'],
      ['request/items/2/arguments', 'tool_call', 'assistant', '{"q":"x"}'],
      ['request/items/3/output', 'tool_result', 'tool', 'found x'],
      ['request/news', 'input', 'user', 'unheard'],
    ]);
    assert.deepEqual(toolsByPointer(request), { '/items/2/arguments': 'find', '/items/3/output': 'find' });
  }
  assert.deepEqual(summary(readRequest({}, '/v1/conversations')), { texts: [], unread: [] });
});

test('what is no such request is told where', () => {
  for (const [body, at] of [
    [{ items: 'hello' }, '/items'],
    [{ items: ['hello'] }, '/items/0'],
    [{ metadata: 5 }, '/metadata'],
    [[], ''],
  ] as const) {
    const read = dialect.readRequest(body, '/v1/conversations');
    assert.deepEqual([read.ok, read.ok || read.problem.at], [false, at]);
  }
});

test('lists of items, single ones and errors are read, names and metadata of a conversation are not', () => {
  const list = {
    object: 'list',
    data: [call, found],
    first_id: 'item_1',
    last_id: 'item_2',
    has_more: false,
  };
  for (const [body, texts] of [
    [
      list,
      [
        ['/data/0/arguments', '{"q":"x"}'],
        ['/data/1/output', 'found x'],
      ],
    ],
    [{ id: 'msg_1', status: 'completed', ...said('user', 'hello') }, [['/content/0/text', 'hello']]],
    [{ id: 'fc_1', ...call }, [['/arguments', '{"q":"x"}']]],
    [
      { error: { message: 'no such item', type: 'invalid_request_error' } },
      [['/error/message', 'no such item']],
    ],
    [{ id: 'conv_1', object: 'conversation', created_at: 1, metadata: { topic: 'mine' } }, [['', '']]],
  ] as const) {
    const told = summary(readAnswer(body)).texts.map(([id, , , text]) => [id.replace('response', ''), text]);
    assert.deepEqual(told, texts);
  }
  assert.equal(dialect.readAnswer({ object: 'list', data: 'items' }).ok, false);
});

/** Keeps conversations as OpenAI does. */
function startConversations(context: TestContext, stored: readonly object[] = items) {
  return startUpstream(context, (response, { method, target }) => {
    const path = target.split('?', 1)[0] ?? '';
    const data = stored.map((item, index) => ({ id: `item_${index}`, status: 'completed', ...item }));
    if (path === '/v1/responses') return answerJson(response, { ...wholeResponse([]) });
    if (/\/items\/item_\d$/.test(path) && method === 'GET') return answerJson(response, data[1] ?? {});
    if (path.endsWith('/items')) {
      return answerJson(response, {
        object: 'list',
        data,
        first_id: 'item_0',
        last_id: 'item_3',
        has_more: false,
      });
    }
    const isDeleted = method === 'DELETE' && path === '/v1/conversations/conv_1';
    const object = isDeleted ? 'conversation.deleted' : 'conversation';
    const rest = isDeleted ? { deleted: true } : { created_at: 1, metadata: { topic: 'mine' } };
    return answerJson(response, { id: 'conv_1', object, ...rest });
  });
}

const paths: [method: string, path: string, body: object | null, pointers: string[]][] = [
  [
    'POST',
    '',
    { items },
    [
      '/items/0/content/0/text',
      '/items/1/content/0/text',
      '/items/2/arguments',
      '/items/3/output',
      '', // the answer, which has no text
    ],
  ],
  ['POST', '/conv_1', { metadata: { topic: 'mine' } }, ['']],
  ['GET', '/conv_1', null, []],
  [
    'POST',
    '/conv_1/items',
    { items: [said('user', 'more')] },
    ['/items/0/content/0/text', ...stored('/data/')],
  ],
  ['GET', '/conv_1/items?limit=9', null, stored('/data/')],
  ['GET', '/conv_1/items/item_1', null, ['/content/0/text']],
  ['DELETE', '/conv_1/items/item_1', null, []],
  ['DELETE', '/conv_1', null, []],
];

function stored(list: string): string[] {
  return ['0/content/0/text', '1/content/0/text', '2/arguments', '3/output'].map(
    (place) => `${list}${place}`,
  );
}

test('conversations pass byte for byte, every item is scanned, and all of it is one conversation', async (context) => {
  const upstream = await startConversations(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const ask = (url: string, method: string, path: string, body: object | null, headers = {}) =>
    fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  for (const [method, path, body, pointers] of paths) {
    const direct = await (await ask(upstream.url, method, `conversations${path}`, body)).text();
    const response = await ask(gateway.url, method, `conversations${path}`, body);
    assert.equal(await response.text(), direct);
    const { dialect: name, conversationId, coverage } = await gateway.recordOf(response);
    assert.deepEqual([name, conversationId], ['openai-conversations', 'conv_1'], `${method} ${path}`);
    const seen = coverage.map(({ pointer, reason }) => [pointer, reason ?? 'scanned']);
    // What says how a thing is called and when it was made is read by no rule.
    const expected = pointers.length === 0 ? [['', 'no_rules']] : pointers.map((at) => [at, 'scanned']);
    assert.deepEqual(seen.sort(), expected.sort(), `${method} ${path}`);
  }
  const answered = await ask(gateway.url, 'POST', 'responses', { input: 'go on', conversation: 'conv_1' });
  await answered.text();
  assert.equal((await gateway.recordOf(answered)).conversationId, 'conv_1');
  const headers = { 'x-telltale-conversation-id': 'mine' };
  for (const [method, path, body] of paths) {
    const response = await ask(gateway.url, method, `conversations${path}`, body, headers);
    await response.text();
    assert.equal((await gateway.recordOf(response)).conversationId, 'mine', `${method} ${path}`);
  }
});

test("OpenAI's client keeps conversations through the gateway as directly", async (context) => {
  const upstream = await startConversations(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const results = [];
  for (const { url } of [upstream, gateway]) {
    const { conversations } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 });
    const { id } = await conversations.create({ items, metadata: { topic: 'mine' } });
    results.push([
      id,
      await conversations.update(id, { metadata: { topic: 'ours' } }),
      (await conversations.items.create(id, { items: [said('user', 'more')] })).data,
      await Array.fromAsync(conversations.items.list(id, { limit: 9 })),
      await conversations.items.retrieve('item_1', { conversation_id: id }),
      await conversations.items.delete('item_1', { conversation_id: id }),
      await conversations.retrieve(id),
      await conversations.delete(id),
    ]);
  }
  assert.deepEqual(results[1], results[0]);
  const count = upstream.arrived.length / 2;
  const sent = upstream.arrived.map(({ method, target, body }) => [method, target, body]);
  assert.deepEqual(sent.slice(count), sent.slice(0, count));
});

test('a block is an error to who brings items, and says nothing to who fetches them', async (context) => {
  const upstream = await startConversations(context, [said('user', 'hello'), said('assistant', 'deceive')]);
  const rules = ['input', 'tool_result', 'output'].map((target) =>
    rule({ name: `no-${target.replace('_', '-')}`, mode: 'enforce', target }),
  );
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile(rules) },
  });
  const { conversations } = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'k', maxRetries: 0 });
  const refused = { status: 400, code: 'content_filter' };
  const bad = [said('user', 'deceive')];
  await assert.rejects(conversations.create({ items: bad }), refused);
  await assert.rejects(conversations.items.create('conv_1', { items: bad }), refused);
  await assert.rejects(
    conversations.items.create('conv_1', { items: [call, { ...found, output: 'deceive' }] }),
    refused,
  );
  assert.equal(upstream.arrived.length, 0);
  assert.deepEqual((await conversations.items.list('conv_1')).data, []);
  const one = await conversations.items.retrieve('item_1', { conversation_id: 'conv_1' });
  assert.deepEqual([one.type, 'content' in one && one.content], ['message', []]);
  assert.equal((await conversations.create({ items: [said('user', 'hello')] })).id, 'conv_1');
});
