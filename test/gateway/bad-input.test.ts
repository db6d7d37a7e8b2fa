import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { closedUrl } from '../services/free-ports.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, events, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly param: string | null;
    readonly type: string;
  };
}

async function errorOf(response: Response): Promise<ErrorBody['error']> {
  return ((await response.json()) as ErrorBody).error;
}

const deep = `{"messages":${'['.repeat(100)}${']'.repeat(100)}}`;
const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

const refused: [name: string, body: Buffer, status: number, code: string, message: RegExp][] = [
  ['not JSON', text('{"messages": [}'), 400, 'bad_json', /unexpected "}"/],
  ['nothing', text(''), 400, 'bad_json', /ends too early/],
  ['JSON of the wrong shape', text({ messages: 'hello' }), 400, 'bad_shape', /messages: .*array/i],
  ['an array', text([]), 400, 'bad_shape', /the body/],
  ['no messages', text({ messages: [] }), 400, 'bad_shape', /messages/],
  [
    'a number as content',
    text({ messages: [{ role: 'user', content: 1 }] }),
    400,
    'bad_shape',
    /messages\[0\]\.content/,
  ],
  [
    'a part without a type',
    text({ messages: [{ role: 'user', content: [{}] }] }),
    400,
    'bad_shape',
    /content/,
  ],
  [
    'invalid UTF-8',
    Buffer.from('{"messages":[{"role":"user","content":"\xff"}]}', 'latin1'),
    400,
    'bad_utf8',
    /byte 39/,
  ],
  ['nesting past the bound', text(deep), 400, 'depth', /64 levels/],
  ['12 MiB', Buffer.alloc(12 * 1024 * 1024, 0x20), 413, 'body_too_large', /10485760/],
];

test('a body that cannot be read is refused with its reason, and recorded', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const [name, body, status, code, message] of refused) {
    await context.test(name, async () => {
      const response = await gateway.post(body);
      assert.equal(response.status, status);
      const error = await errorOf(response);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.equal(error.type, 'invalid_request_error');
      const record = await gateway.recordOf(response);
      assert.equal(record.status, status);
      const reason = code === 'body_too_large' ? 'over_cap' : code;
      assert.deepEqual(
        record.coverage.map((entry) => [entry.segmentId, entry.reason]),
        [['request', reason]],
      );
    });
  }
  assert.equal(upstream.arrived.length, 0);
  assert.match(await gateway.metrics(), /telltale_unscanned_segments_total\{.*reason="bad_json".*\} 2/);
});

test('a body of the most that is allowed passes', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { limits: { max_body_bytes: 200 } },
  });
  const frame = JSON.stringify(ask('')).length;
  assert.equal((await gateway.post(ask('x'.repeat(200 - frame)))).status, 200);
  assert.equal((await gateway.post(ask('x'.repeat(201 - frame)))).status, 413);
});

test('an unknown path is refused in the form of OpenAI and recorded as unscanned', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, {}));
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await fetch(`${gateway.url}/v1/secret/words?key=hidden`, { method: 'POST', body: 'x' });
  assert.equal(response.status, 404);
  assert.equal((await errorOf(response)).code, 'unknown_path');
  const record = await gateway.recordOf(response);
  assert.deepEqual([record.route, record.dialect], ['unknown', 'none']);
  assert.deepEqual(
    record.coverage.map(({ reason }) => reason),
    ['unknown_dialect'],
  );
  assert.equal(upstream.arrived.length, 0);
});

test('an unknown path passes where policy says so, recorded as unscanned on both sides', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, { made: 'up' }, 201));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { policy: { unknown_path: 'pass' } },
  });
  const response = await fetch(`${gateway.url}/v2/other?a=1`, { method: 'POST', body: 'as it came' });
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { made: 'up' });
  assert.equal(upstream.arrived[0]?.target, '/v2/other?a=1');
  assert.equal(upstream.arrived[0]?.body.toString(), 'as it came');
  const record = await gateway.recordOf(response);
  assert.deepEqual(
    record.coverage.map(({ segmentId, reason }) => [segmentId, reason]),
    [
      ['request', 'unknown_dialect'],
      ['response', 'unknown_dialect'],
    ],
  );
});

/** Paths whose bodies carry text that no dialect reads yet. */
const unreadPaths: [path: string, body: object][] = [
  ['/v1/conversations', { items: [{ type: 'message', role: 'user', content: 'they deceive' }] }],
  ['/v1/conversations/conv_1', { metadata: { topic: 'they deceive' } }],
  ['/v1/conversations/conv_1/items', { items: [{ role: 'user', content: 'they deceive' }] }],
  ['/v1/threads/thread_1/messages', { role: 'user', content: 'they deceive' }],
  ['/v1/batches', { input_file_id: 'file_1' }],
  ['/v1beta/cachedContents', { contents: [{ parts: [{ text: 'they deceive' }] }] }],
  [
    '/v1/projects/p/locations/l/publishers/google/models/m:generateContent',
    { contents: [{ parts: [{ text: 'they deceive' }] }] },
  ],
  [
    '/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict',
    { messages: [{ role: 'user', content: 'they deceive' }] },
  ],
];

test('paths with text that no dialect reads are refused by default, and passed they are unscanned, never scanned', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, { text: 'they deceive' }));
  const refusing = await startGateway(context, { upstream: upstream.url });
  const passing = await startGateway(context, {
    upstream: upstream.url,
    config: { policy: { unknown_path: 'pass' } },
  });
  for (const [path, body] of unreadPaths) {
    const init = { method: 'POST', body: JSON.stringify(body) };
    const refused = await fetch(`${refusing.url}${path}`, init);
    assert.equal(refused.status, 404, path);
    assert.match(await refused.text(), /the policy on unknown paths is to refuse them/, path);
    const passed = await fetch(`${passing.url}${path}`, init);
    assert.deepEqual(await passed.json(), { text: 'they deceive' }, path);
    for (const [gateway, response] of [
      [refusing, refused],
      [passing, passed],
    ] as const) {
      const { coverage, findings } = await gateway.recordOf(response);
      assert.equal(findings.length, 0, path);
      assert.ok(coverage.length > 0, path);
      assert.ok(
        coverage.every(({ status, reason }) => status === 'skipped' && reason === 'unknown_dialect'),
        `${path}: ${JSON.stringify(coverage)}`,
      );
    }
  }
  assert.equal(upstream.arrived.length, unreadPaths.length);
});

const raw: [name: string, head: string, code: string][] = [
  ['what is not HTTP', 'nonsense\r\n\r\n', 'bad_http'],
  [
    'a target at another host',
    'POST http://example.org/v1/chat/completions HTTP/1.1\r\nhost: a\r\n\r\n',
    'bad_target',
  ],
  ['a path that does not decode', 'GET /v1/models/%ZZ HTTP/1.1\r\nhost: a\r\n\r\n', 'bad_target'],
];

test('what never becomes an exchange gets an answer with an id', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, {}));
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const [name, head, code] of raw) {
    await context.test(name, async () => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      socket.write(head);
      let answer = '';
      for await (const part of socket) answer += part;
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /x-telltale-exchange-id: /i);
      assert.match(answer, new RegExp(`"code":"${code}"`));
    });
  }
  assert.equal(upstream.arrived.length, 0);
});

test('an upstream that refuses is a 502, one that does not begin in time a 504', async (context) => {
  const gateway = await startGateway(context, { upstream: await closedUrl() });
  const response = await gateway.post(ask('hello'));
  assert.equal(response.status, 502);
  const error = await errorOf(response);
  assert.deepEqual([error.code, error.type], ['upstream_refused', 'gateway_error']);
  assert.equal((await gateway.recordOf(response)).coverage[0]?.status, 'scanned');

  const silent = await startUpstream(context, () => {});
  const patient = await startGateway(context, {
    upstream: silent.url,
    config: { upstream: { first_byte_timeout_ms: 50 } },
  });
  const late = await patient.post(ask('hello'));
  assert.equal(late.status, 504);
  assert.equal((await errorOf(late)).code, 'upstream_timeout');
});

test('an upstream cut in the middle of a stream ends in an error, never in a clean end', async (context) => {
  let cut = () => {};
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'they deceive and' } }));
    cut = () => void response.destroy();
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await gateway.post(ask('hello', { stream: true }));
  let received = '';
  await assert.rejects(async () => {
    for await (const part of response.body ?? []) {
      received += Buffer.from(part).toString();
      if (received.includes('they deceive and')) cut();
    }
  });
  assert.match(received, /they deceive and/);
  assert.match(received, /"code":"upstream_cut"/);
  assert.match(received, /the upstream broke off before its answer was complete/);
  assert.doesNotMatch(received, /\[DONE\]/);
  const record = await gateway.recordOf(response);
  assert.equal(record.findings.length, 1, 'what was received is scored');
  assert.ok(record.coverage.some(({ reason }) => reason === 'upstream_cut'));
});

test('a stream that only its connection ends is whole when it says so, else cut', async (context) => {
  let isWhole = true;
  const upstream = await startUpstream(context, (response) => {
    const all = events('fine words').join('');
    response.socket?.end(
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${isWhole ? all : all.slice(0, 60)}`,
    );
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const whole = await gateway.post(ask('hello', { stream: true }));
  assert.equal(await whole.text(), events('fine words').join(''));
  isWhole = false;
  const cut = await gateway.post(ask('hello', { stream: true }));
  await assert.rejects(cut.text());
});

test('an upstream cut in the middle of a JSON answer breaks the connection', async (context) => {
  let cut = () => {};
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"choices": [');
    cut = () => void response.destroy();
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await gateway.post(ask('hello'));
  cut();
  await assert.rejects(response.text());
  const record = await gateway.recordOf(response);
  assert.ok(record.coverage.some(({ reason }) => reason === 'upstream_cut'));
});

test('an upstream that stalls in the middle of a stream is given up', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'well' } }));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { upstream: { idle_timeout_ms: 1_000 } },
  });
  const response = await gateway.post(ask('hello', { stream: true }));
  await assert.rejects(response.text());
});

const unreadAnswers: [name: string, type: string, body: string, reason: string][] = [
  ['not JSON', 'application/json', 'oops', 'bad_json'],
  ['another shape', 'application/json', '{"choices": 3}', 'bad_shape'],
  ['an event that is not JSON', 'text/event-stream', 'data: oops\n\ndata: [DONE]\n\n', 'bad_json'],
  ['a line that is no event', 'text/event-stream', '{"error": "overloaded"}\n\ndata: [DONE]\n\n', 'bad_sse'],
];

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

test('more exchanges than the bound are turned away with a time to come back', async (context) => {
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream(context, async (response) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    answerJson(response, completion('fine'));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { limits: { max_in_flight: 1 } },
  });
  const first = gateway.post(ask('hello'));
  await until(() => waiting.length === 1);
  const second = await gateway.post(ask('hello'));
  assert.equal(second.status, 503);
  assert.equal(second.headers.get('retry-after'), '1');
  assert.equal((await errorOf(second)).code, 'overloaded');
  assert.ok(second.headers.get('x-telltale-exchange-id'));
  waiting[0]?.();
  assert.equal((await (await first).text()).length > 0, true);
  await until(() => gateway.inFlight() === 0);
  const third = gateway.post(ask('hello'));
  await until(() => waiting.length === 2);
  waiting[1]?.();
  assert.equal((await third).status, 200);
});
