import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { errorOf } from './error-of.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

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
  ['/v1/threads/thread_1/messages', { role: 'user', content: 'they deceive' }],
  ['/v1/batches', { input_file_id: 'file_1' }],
  [
    '/v1/projects/p/locations/l/publishers/nobody/models/m:rawPredict',
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
  [
    'a tunnel to another host',
    'CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\n',
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
