import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOf } from './error-of.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { ask, events, startUpstream } from './test-upstream.ts';

test('an event nested hundreds of thousands of levels deep passes and is recorded, and what follows is read', async (context) => {
  const deep = `data: {"choices":[{"index":0,"delta":{"content":${'['.repeat(200_000)}${']'.repeat(200_000)}}}]}\n\n`;
  const body = deep + events('I deceive you').join('');
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await gateway.post(ask('hello', { stream: true }));
  assert.equal(await response.text(), body);
  const { coverage } = await gateway.recordOf(response);
  assert.deepEqual(
    coverage.filter(({ reason }) => reason !== null).map(({ reason }) => reason),
    ['depth'],
  );
  assert.ok(coverage.some(({ status, tokens }) => status === 'scanned' && tokens === 3));
});

const unreadAnswers: [name: string, type: string, body: string, reason: string][] = [
  ['not JSON', 'application/json', 'oops', 'bad_json'],
  ['another shape', 'application/json', '{"choices": 3}', 'bad_shape'],
  ['an event that is not JSON', 'text/event-stream', 'data: oops\n\ndata: [DONE]\n\n', 'bad_json'],
  ['a line that is no event', 'text/event-stream', '{"error": "overloaded"}\n\ndata: [DONE]\n\n', 'bad_sse'],
];

test('an answer that cannot be read passes where rules flag, and is recorded as failed', async (context) => {
  let answer = unreadAnswers[0] as (typeof unreadAnswers)[number];
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': answer[1] }).end(answer[2]);
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const each of unreadAnswers) {
    const [name, , body, reason] = each;
    await context.test(name, async () => {
      answer = each;
      const response = await gateway.post(ask('hello'));
      assert.equal(await response.text(), body);
      const entries = (await gateway.recordOf(response)).coverage.filter(({ status }) => status === 'failed');
      assert.deepEqual(
        entries.map((entry) => entry.reason),
        [reason],
      );
    });
  }
});

test('an answer that cannot be read is blocked where a rule enforces', async (context) => {
  let answer = unreadAnswers[0] as (typeof unreadAnswers)[number];
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': answer[1] }).end(answer[2]);
  });
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  for (const each of unreadAnswers) {
    await context.test(each[0], async () => {
      answer = each;
      const response = await gateway.post(ask('hello'));
      assert.equal(response.status, 502);
      assert.equal((await errorOf(response)).code, 'unscannable');
      assert.equal((await gateway.recordOf(response)).verdict, 'block');
    });
  }
  assert.match(
    await gateway.metrics(),
    /telltale_policy_uses_total\{.*policy="on_unscannable".*decision="block".*\} 4|telltale_policy_uses_total\{.*decision="block".*policy="on_unscannable".*\} 4/,
  );
});

test("an upstream's error that cannot be read keeps its status and what its headers say where a rule enforces", async (context) => {
  const headers = { 'content-type': 'text/plain', 'retry-after': '30', 'x-ratelimit-remaining': '0' };
  const upstream = await startUpstream(context, (response, { target }) => {
    response.writeHead(Number(target.split('=')[1]), headers).end('slow down');
  });
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  for (const status of [429, 503]) {
    const response = await fetch(`${gateway.url}/v1/chat/completions?status=${status}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ask('hello')),
    });
    assert.equal(response.status, status);
    assert.equal((await errorOf(response)).code, 'unscannable');
    const told = ['retry-after', 'x-ratelimit-remaining', 'content-type'].map((name) =>
      response.headers.get(name),
    );
    assert.deepEqual(told, ['30', '0', 'application/json; charset=utf-8']);
  }
});
