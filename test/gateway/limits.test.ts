import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { nextLimit } from '../../gateway/admission.ts';
import { duplicateKeyAt } from '../../gateway/reading/duplicate-key.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

const BODY = JSON.stringify(ask('hello'));
const PATH = '/v1/chat/completions';

async function startAnswering(context: TestContext, options: Parameters<typeof startGateway>[1] = {}) {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  return { upstream, gateway: await startGateway(context, { upstream: upstream.url, ...options }) };
}

/** One request in bytes; the whole answer. */
async function send({ url }: TestGateway, head: string, body = BODY): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${head}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  let answer = '';
  for await (const part of socket) answer += part;
  return answer;
}

const odd: [name: string, head: (host: string) => string, status: number, code: string | null][] = [
  ['one Host header', (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}`, 200, null],
  ['two Host headers', (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\nHost: b`, 400, 'two_hosts'],
  [
    'the same Host twice',
    (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\nhost: ${host}`,
    400,
    'two_hosts',
  ],
  ['no Host header', () => `POST ${PATH} HTTP/1.1`, 400, 'no_host'],
  ['no Host header in HTTP/1.0', () => `POST ${PATH} HTTP/1.0`, 200, null],
  [
    'a target with its own authority',
    (host) => `POST http://${host}${PATH} HTTP/1.1\r\nhost: ${host}`,
    200,
    null,
  ],
  [
    'a target with another authority',
    (host) => `POST http://b.example${PATH} HTTP/1.1\r\nhost: ${host}`,
    400,
    'bad_target',
  ],
  ['a target that is no path', (host) => `OPTIONS * HTTP/1.1\r\nhost: ${host}`, 400, 'bad_target'],
  ['TE in HTTP/1.1', (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\nte: trailers`, 200, null],
  ['TE in HTTP/1.0', (host) => `POST ${PATH} HTTP/1.0\r\nhost: ${host}\r\nte: trailers`, 400, 'bad_http'],
  [
    'Transfer-Encoding beside a length',
    (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked`,
    400,
    'bad_http',
  ],
  [
    'Expect: 100-continue',
    (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\nexpect: 100-Continue`,
    200,
    null,
  ],
  ['another Expect', (host) => `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\nexpect: 200-ok`, 400, 'bad_expect'],
];

test('a request that two hops may read differently is refused in the form of its dialect', async (context) => {
  const { gateway, upstream } = await startAnswering(context);
  const { host } = new URL(gateway.url);
  for (const [name, head, status, code] of odd) {
    await context.test(`${name}: ${status}`, async () => {
      const arrived = upstream.arrived.length;
      const answer = await send(gateway, head(host));
      const final = answer.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
      assert.match(final, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(final, /x-telltale-exchange-id: /i);
      assert.equal(upstream.arrived.length - arrived, status === 200 ? 1 : 0);
      if (code !== null) assert.match(final, new RegExp(`"code":"${code}"`));
    });
  }
  const anthropic = await send(gateway, `POST /v1/messages HTTP/1.1\r\nhost: a\r\nhost: b`);
  assert.match(anthropic, /"type":"error","error":\{"type":"invalid_request_error"/);
});

test('Transfer-Encoding in HTTP/1.0 is refused', async (context) => {
  const { gateway, upstream } = await startAnswering(context);
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(`POST ${PATH} HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`);
  let answer = '';
  for await (const part of socket) answer += part;
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal(upstream.arrived.length, 0);
});

test('as many headers as are allowed pass, one more is refused', async (context) => {
  const { gateway } = await startAnswering(context, { config: { server: { max_headers: 20 } } });
  const head = (more: number) =>
    `POST ${PATH} HTTP/1.1\r\nhost: a${Array.from({ length: more }, (_, index) => `\r\nx-${index}: 1`).join('')}`;
  // Beside those: host, connection, content-length.
  assert.match(await send(gateway, head(16)), /^HTTP\/1\.1 200 /);
  assert.match(await send(gateway, head(17)), /^HTTP\/1\.1 200 /);
  for (const more of [18, 200]) {
    const answer = await send(gateway, head(more));
    assert.match(answer, /^HTTP\/1\.1 431 /);
    assert.match(answer, /"code":"headers_too_large"/);
  }
});

test('a head of as many bytes as are allowed passes; more in names and values alone is refused', async (context) => {
  const { gateway } = await startAnswering(context, { config: { server: { max_header_bytes: 2_000 } } });
  const before = `POST ${PATH} HTTP/1.1\r\nhost: a\r\nx-long: `;
  const after = `\r\nconnection: close\r\ncontent-length: ${BODY.length}\r\n\r\n`;
  for (const bytes of [1_999, 2_000]) {
    const head = before + 'x'.repeat(bytes - before.length - after.length);
    assert.match(await send(gateway, head), /^HTTP\/1\.1 200 /);
  }
  // How the parser counts what stands between them is its own.
  const head = before + 'x'.repeat(2_001);
  assert.match(await send(gateway, head), /^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/);
});

const sized: [name: string, limits: object, content: (step: -1 | 0 | 1) => string, code: string][] = [
  [
    'bytes of a body',
    { max_body_bytes: BODY.length + 100 },
    (step) => 'x'.repeat(105 + step),
    'body_too_large',
  ],
  ['levels of JSON', { max_json_depth: 10 }, (step) => nested(10 + step), 'depth'],
];

function nested(depth: number): string {
  // The body itself is one level.
  return JSON.stringify({
    ...ask('hello'),
    odd: JSON.parse('['.repeat(depth - 1) + ']'.repeat(depth - 1)),
  });
}

for (const [name, limits, content, code] of sized) {
  test(`${name}: below and at the bound they pass, above it they are refused`, async (context) => {
    const { gateway } = await startAnswering(context, { config: { limits } });
    for (const step of [-1, 0, 1] as const) {
      const text = content(step);
      const response = await gateway.post(text.startsWith('{') ? text : ask(text));
      const body = await response.text();
      assert.equal(response.status === 200, step < 1, `${step}: ${body}`);
      if (step === 1) assert.match(body, new RegExp(`"code":"${code}"`));
    }
  });
}

const decoded: [name: string, limits: object, bytes: number, isRead: boolean][] = [
  [
    'below the bound on decoded bytes',
    { max_decoded_bytes: 200_000, max_decoded_ratio: 10_000 },
    199_999,
    true,
  ],
  ['at it', { max_decoded_bytes: 200_000, max_decoded_ratio: 10_000 }, 200_000, true],
  ['above it', { max_decoded_bytes: 200_000, max_decoded_ratio: 10_000 }, 200_001, false],
  ['below the bound on the ratio', { max_decoded_ratio: 1_000 }, 200_000, true],
  ['above it', { max_decoded_ratio: 10 }, 200_000, false],
];

test('an encoded request decodes within its bounds or is refused', async (context) => {
  for (const [name, limits, bytes, isRead] of decoded) {
    await context.test(`${name}: ${isRead ? 'passes' : 'is refused'}`, async (inner) => {
      const { gateway } = await startAnswering(inner, { config: { limits } });
      const frame = JSON.stringify(ask('')).length;
      const body = gzipSync(JSON.stringify(ask('x'.repeat(bytes - frame))));
      const response = await gateway.post(body, { headers: { 'content-encoding': 'gzip' } });
      assert.equal(response.status, isRead ? 200 : 400);
      if (!isRead) assert.match(await response.text(), /"code":"over_cap"/);
    });
  }
});

const covered: [name: string, limits: object, request: (step: -1 | 0 | 1) => object][] = [
  [
    'segments of an exchange',
    { max_segments: 5 },
    // The answer is one more.
    (step) => ({
      model: 'm',
      messages: Array.from({ length: 4 + step }, () => ({ role: 'user', content: 'hi' })),
    }),
  ],
  ['tokens of a segment', { max_segment_tokens: 10 }, (step) => ask('word '.repeat(10 + step).trim())],
];

for (const [name, limits, request] of covered) {
  test(`${name}: below and at the bound all is scanned, above it the rest is told as over the cap`, async (context) => {
    const { gateway } = await startAnswering(context, { config: { limits } });
    for (const step of [-1, 0, 1] as const) {
      const response = await gateway.post(request(step));
      assert.equal(response.status, 200);
      await response.text();
      const { coverage } = await gateway.recordOf(response);
      const isOver = coverage.some(({ reason }) => reason === 'over_cap');
      assert.equal(isOver, step === 1, JSON.stringify(coverage));
    }
  });
}

test('a line of a stream: below and at the bound it is read, above it it passes and is told', async (context) => {
  let line = '';
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(`${line}\n\ndata: [DONE]\n\n`);
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { limits: { max_line_bytes: 1_000 } },
  });
  const frame = chunk({ delta: { content: '' } }).trimEnd().length;
  for (const step of [-1, 0, 1]) {
    line = chunk({ delta: { content: 'x'.repeat(1_000 + step - frame) } }).trimEnd();
    assert.equal(line.length, 1_000 + step);
    const response = await gateway.post(ask('hello', { stream: true }));
    assert.equal(await response.text(), `${line}\n\ndata: [DONE]\n\n`);
    const { coverage } = await gateway.recordOf(response);
    assert.equal(
      coverage.some(({ reason }) => reason === 'over_cap'),
      step === 1,
    );
  }
});

test('a key that stands twice is refused where a rule enforces, and passes where none does', async (context) => {
  const body = '{"model":"m","messages":[{"role":"user","content":"they deceive","cont\\u0065nt":"fine"}]}';
  const flagging = await startAnswering(context);
  assert.equal((await flagging.gateway.post(body)).status, 200);
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'input' })]) };
  const enforcing = await startAnswering(context, { rules });
  const response = await enforcing.gateway.post(body);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /"code":"duplicate_key"/);
  const { coverage } = await enforcing.gateway.recordOf(response);
  assert.deepEqual(
    coverage.map(({ status, reason }) => [status, reason]),
    [['failed', 'duplicate_key']],
  );
  assert.equal(enforcing.upstream.arrived.length, 0);
  assert.equal((await enforcing.gateway.post(ask('fine'))).status, 200);
});

test('a key is found twice exactly where an object says it twice', () => {
  const places: [json: string, at: number | null][] = [
    ['{"a":1,"b":1}', null],
    ['{"a":1,"a":1}', 7],
    ['{"a":"a","b":["a","a"]}', null],
    ['[{"a":1},{"a":1}]', null],
    ['{"a":{"a":{"a":1}}}', null],
    ['{"\\u0061":1,"a":1}', 12],
    ['{"a":{"b":1},"b":2,"a":3}', 19],
    ['{"__proto__":1,"__proto__":2}', 15],
    ['{"a\\"":1,"a":1}', null],
  ];
  for (const [json, at] of places) assert.equal(duplicateKeyAt(Buffer.from(json)), at, json);
  // What JSON.stringify writes never has a key twice.
  fc.assert(fc.property(fc.json({ maxDepth: 4 }), (json) => duplicateKeyAt(Buffer.from(json)) === null));
});

test('keys named __proto__ are read as any other and change nothing', async (context) => {
  const { gateway, upstream } = await startAnswering(context);
  const body =
    '{"__proto__":{"model":"x","polluted":1},"messages":[{"role":"user","content":"hi","__proto__":{"role":"system"}}],"constructor":{"prototype":{"polluted":1}}}';
  assert.equal((await gateway.post(body)).status, 200);
  assert.equal(upstream.arrived[0]?.body.toString(), body);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

const DIALECTS: [path: string, refusal: RegExp][] = [
  [PATH, /"type":"gateway_error".*"code":"overloaded"/],
  ['/v1/completions', /"type":"gateway_error".*"code":"overloaded"/],
  ['/v1/responses', /"type":"gateway_error".*"code":"overloaded"/],
  ['/v1/embeddings', /"type":"gateway_error".*"code":"overloaded"/],
  ['/v1/messages', /"type":"error","error":\{"type":"overloaded_error"/],
  ['/v1beta/models/m:generateContent', /"code":503.*"status":"UNAVAILABLE"/],
];

test('as many exchanges as are allowed are taken; one more is told in its dialect when to come back', async (context) => {
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream(context, async (response) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    answerJson(response, completion('fine'));
  });
  const limits = { max_in_flight: 2, retry_after_s: 7 };
  const gateway = await startGateway(context, { upstream: upstream.url, config: { limits } });
  const below = gateway.post(ask('hello'));
  await until(() => waiting.length === 1);
  const at = gateway.post(ask('hello'));
  await until(() => waiting.length === 2);
  for (const [path, refusal] of DIALECTS) {
    const above = await fetch(`${gateway.url}${path}`, { method: 'POST', body: '{}' });
    assert.deepEqual([above.status, above.headers.get('retry-after')], [503, '7'], path);
    assert.match(await above.text(), refusal, path);
  }
  for (const go of waiting) go();
  for (const taken of [below, at]) assert.equal((await taken).status, 200);
  assert.equal(upstream.arrived.length, 2);
});

const streamBounds: [name: string, config: (bytes: number) => Readonly<Record<string, object>>][] = [
  ['hold', (bytes) => ({ streaming: { enforcing: 'hold', hold_max_bytes: bytes } })],
  ['buffer', (bytes) => ({ streaming: { enforcing: 'buffer' }, limits: { max_decoded_bytes: bytes } })],
];

for (const [enforcing, config] of streamBounds) {
  test(`bytes of a stream that wait under ${enforcing}: below and at the bound they pass, above it the stream is refused`, async (context) => {
    let body = '';
    const upstream = await startUpstream(context, (response) => {
      beginEvents(response);
      response.end(body);
    });
    const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
    const gateway = await startGateway(context, { upstream: upstream.url, rules, config: config(2_000) });
    // One word, which only the stream's end ends: all of it waits until then.
    const said = (content: string) => `${chunk({ delta: { content } })}data: [DONE]\n\n`;
    for (const step of [-1, 0, 1] as const) {
      body = said('x'.repeat(2_000 + step - said('').length));
      assert.equal(body.length, 2_000 + step);
      const response = await gateway.post(ask('hello', { stream: true }));
      const text = await response.text();
      assert.equal(response.status, step < 1 ? 200 : 502, text);
      if (step < 1) assert.equal(text, body);
      else assert.match(text, /"code":"unscannable"/);
      const { coverage } = await gateway.recordOf(response);
      assert.equal(
        coverage.some(({ reason }) => reason === 'over_cap'),
        step === 1,
      );
    }
  });
}

const bounds = { min: 4, max: 100, maxLagMs: 500 };
const calm = { lagMs: 0, queueShare: 0, inFlight: 10 };

test('the bound on exchanges falls with what is in flight while the work falls behind, and rises again', () => {
  assert.equal(nextLimit(100, calm, bounds), 100);
  assert.equal(nextLimit(100, { ...calm, lagMs: 500 }, bounds), 100);
  assert.equal(nextLimit(100, { ...calm, lagMs: 501 }, bounds), 7);
  assert.equal(nextLimit(100, { ...calm, queueShare: 0.5 }, bounds), 100);
  assert.equal(nextLimit(100, { ...calm, queueShare: 0.51, inFlight: 50 }, bounds), 35);
  assert.equal(nextLimit(5, { ...calm, queueShare: 1, inFlight: 5 }, bounds), 4);
  assert.equal(nextLimit(4, calm, bounds), 5);
  let limit = 4;
  for (let look = 0; look < 40; look++) limit = nextLimit(limit, calm, bounds);
  assert.equal(limit, 100);
});

test('exchanges are turned away while the reader falls behind, in the form of their dialect, and taken again', async (context) => {
  let queued = 4_096;
  const detector = createWordDetector();
  const { stats } = detector;
  Object.assign(detector, { stats: () => ({ ...stats(), queued }) });
  let letGo = () => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const upstream = await startUpstream(context, async (response) => {
    await released;
    answerJson(response, completion('fine'));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    detector,
    config: { limits: { min_in_flight: 1 } },
  });
  const first = gateway.post(ask('hello'));
  await until(() => upstream.arrived.length === 1);
  const messages = () =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] }),
      signal: AbortSignal.timeout(1_000),
    }).catch(() => null);
  let refused: Response | null = null;
  await until(async () => {
    refused = await messages();
    return refused !== null;
  });
  assert.ok(refused !== null);
  refused = refused as Response;
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.match(await refused.text(), /"type":"error","error":\{"type":"overloaded_error"/);
  queued = 0;
  letGo();
  assert.equal((await first).status, 200);
});
