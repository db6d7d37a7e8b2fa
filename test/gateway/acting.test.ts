import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { errorOf } from './error-of.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, events, startUpstream } from './test-upstream.ts';

const enforce = (target: string) => ruleFile([rule({ mode: 'enforce', target })]);

interface Completion {
  readonly choices: readonly {
    readonly finish_reason: string;
    readonly message: { readonly content: string };
  }[];
  readonly usage: unknown;
}

test('an enforcing rule on the output replaces a whole answer by an empty one of the same shape', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    response.setHeader('x-request-id', 'r1');
    answerJson(response, completion('all is well', 'we deceive them'));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('output') },
  });
  const response = await gateway.post(ask('hello'));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-request-id'), 'r1');
  const body = (await response.json()) as Completion;
  assert.deepEqual(
    body.choices.map(({ finish_reason, message }) => [finish_reason, message.content]),
    [
      ['content_filter', ''],
      ['content_filter', ''],
    ],
  );
  assert.deepEqual(body.usage, { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 });
  assert.equal((await gateway.recordOf(response)).verdict, 'block');
});

test('an enforcing rule on the output lets not one byte of a matched stream go', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(events('now we deceive them').join(''));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('output') },
  });
  const response = await gateway.post(ask('hello', { stream: true }));
  const body = await response.text();
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.doesNotMatch(body, /deceive/);
  assert.match(body, /"finish_reason":"content_filter"/);
  assert.match(body, /data: \[DONE\]\n\n$/);
});

test('an enforcing rule on tool calls finds a call whose arguments come in pieces', async (context) => {
  const call = (piece: string) => ({ delta: { tool_calls: [{ index: 0, function: { arguments: piece } }] } });
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end([chunk(call('{"do": "de')), chunk(call('ceive" }')), 'data: [DONE]\n\n'].join(''));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('tool_call') },
  });
  const response = await gateway.post(ask('hello', { stream: true }));
  assert.match(await response.text(), /content_filter/);
  const [stored] = (await gateway.recordOf(response)).findings;
  assert.equal(stored?.finding.segment.pointer, '/choices/0/message/tool_calls/0/function/arguments');
});

test('a streamed call whose name is no name waits for the verdict on it, however long its arguments are', async (context) => {
  const call = (piece: object) =>
    chunk({ delta: { tool_calls: [{ index: 0, ...piece }] }, finish_reason: null });
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'so' }, finish_reason: null }));
    response.write(
      call({ id: 'c', type: 'function', function: { name: 'please deceive them', arguments: '' } }),
    );
    // Each a turn of the event loop, in which what is judged could go on.
    for (let word = 0; word < 300; word++) {
      response.write(call({ function: { arguments: word === 0 ? '{"a":"' : 'word ' } }));
      await setImmediate();
    }
    response.write(call({ function: { arguments: '"}' } }));
    response.end(`${chunk({ delta: {}, finish_reason: 'tool_calls' })}data: [DONE]\n\n`);
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('tool_call') },
  });
  const response = await gateway.post(ask('hello', { stream: true }));
  const text = await response.text();
  assert.match(text, /content_filter/);
  assert.doesNotMatch(text, /deceive/);
});

test("an upstream's error whose words are blocked stays an error of its status, with its headers", async (context) => {
  const upstream = await startUpstream(context, (response) => {
    const body = { error: { message: 'you said: we deceive', type: 'rate_limit_error' } };
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '30' });
    response.end(JSON.stringify(body));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('output') },
  });
  const response = await gateway.post(ask('hello'));
  assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '30']);
  const { code, message } = await errorOf(response);
  assert.equal(code, 'content_filter');
  assert.doesNotMatch(message, /deceive/);
  const { verdict, status } = await gateway.recordOf(response);
  assert.deepEqual([verdict, status], ['block', 429]);
});

test('an enforcing rule that does not match changes no byte', async (context) => {
  const sent = events('all is well, é 🙂').join('');
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(sent);
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('output') },
  });
  assert.equal(await (await gateway.post(ask('hello', { stream: true }))).text(), sent);
});

const modes: [mode: string, verdict: string, segments: number][] = [
  ['off', 'pass', 0],
  ['shadow', 'pass', 0],
  ['flag', 'flag', 2],
];

for (const [mode, verdict, segments] of modes) {
  test(`a rule in mode ${mode} leaves the answer alone and the verdict ${verdict}`, async (context) => {
    const upstream = await startUpstream(context, (response) =>
      answerJson(response, completion('we deceive')),
    );
    const rules = { 'a.yaml': ruleFile([rule({ mode, target: 'output' })]) };
    const gateway = await startGateway(context, { upstream: upstream.url, rules });
    const response = await gateway.post(ask('hello'));
    assert.deepEqual(await response.json(), completion('we deceive'));
    const record = await gateway.recordOf(response);
    assert.equal(record.verdict, verdict);
    assert.equal(record.segments.length, segments);
  });
}

test('what no rule reads is said to be skipped for that reason', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const rules = { 'a.yaml': ruleFile([rule({ target: 'input' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const { coverage } = await gateway.recordOf(await gateway.post(ask('hello')));
  assert.deepEqual(
    coverage.map(({ status, reason }) => [status, reason]),
    [
      ['scanned', null],
      ['skipped', 'no_rules'],
    ],
  );
});

test('statuses of blocks, the verdict and the rules are told as configured', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const policy = { block_status: 403, blocked_answer_status: 422, expose_verdict: true, expose_rules: true };
  const rules = {
    'in.yaml': ruleFile([rule({ name: 'input-rule', mode: 'enforce', target: 'input' })]),
    'out.yaml': ruleFile([rule({ name: 'output-rule', mode: 'enforce', target: 'output' })]),
  };
  const gateway = await startGateway(context, { upstream: upstream.url, rules, config: { policy } });
  const request = await gateway.post(ask('deceive'));
  assert.deepEqual([request.status, request.headers.get('x-telltale-verdict')], [403, 'block']);
  assert.match(await request.text(), /input-rule/);
  const answer = await gateway.post(ask('hello'));
  assert.deepEqual([answer.status, answer.headers.get('x-telltale-verdict')], [422, 'block']);
  assert.match(await answer.text(), /"code":"content_filter"/);
});
