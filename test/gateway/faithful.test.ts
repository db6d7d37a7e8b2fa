import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { type Answer, ask, completion, events, startUpstream } from './test-upstream.ts';

const ENCODINGS: [name: string, encoding: string | null, encode: (bytes: Buffer) => Buffer][] = [
  ['plain', null, (bytes) => bytes],
  ['gzip', 'gzip', (bytes) => gzipSync(bytes)],
  ['br', 'br', (bytes) => brotliCompressSync(bytes)],
  ['deflate', 'deflate', (bytes) => deflateSync(bytes)],
  ['raw deflate', 'deflate', (bytes) => deflateRawSync(bytes)],
  ['zstd', 'zstd', (bytes) => zstdCompressSync(bytes)],
];

interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request without a client library's own decoding. */
async function postRaw(
  gateway: TestGateway,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const sent = request(`${gateway.url}/v1/chat/completions?api=1`, { method: 'POST', headers });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) };
}

async function startWith(context: Parameters<typeof startUpstream>[0], answer: Answer) {
  const upstream = await startUpstream(context, answer);
  return { upstream, gateway: await startGateway(context, { upstream: upstream.url }) };
}

test('bytes and headers pass unchanged in both directions', async (context) => {
  const body = Buffer.from(
    `{ "messages" : [{"role":"user", "content":"h\\u00e9llo  \\n"}],\n "odd": 1.0e2 }`,
  );
  const { upstream, gateway } = await startWith(context, (response) => {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'X-RateLimit': '7',
      'set-cookie': ['a=1', 'b=2'],
    });
    response.end(`${JSON.stringify(completion('fine'), null, 3)}\n`);
  });
  const answer = await postRaw(gateway, body, {
    authorization: 'Bearer sk-secret',
    'x-custom': 'kept',
    'x-telltale-conversation-id': 'conversation-7',
    connection: 'close, x-hop',
    'x-hop': 'dropped',
  });
  assert.equal(answer.body.toString(), `${JSON.stringify(completion('fine'), null, 3)}\n`);
  assert.equal(answer.headers['x-ratelimit'], '7');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  const [arrived] = upstream.arrived;
  assert.deepEqual(arrived?.body, body);
  assert.equal(arrived?.target, '/v1/chat/completions?api=1');
  const headers = new Map(
    arrived?.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [[name.toLowerCase(), all[index + 1]]] : [],
    ),
  );
  assert.equal(headers.get('authorization'), 'Bearer sk-secret');
  assert.equal(headers.get('x-custom'), 'kept');
  assert.equal(headers.has('x-hop'), false);
  assert.equal(headers.has('x-telltale-conversation-id'), false);
  const record = await gateway.ledger.readExchange(String(answer.headers['x-telltale-exchange-id']));
  assert.equal(record?.conversationId, 'conversation-7');
});

test('an encoded answer passes as it is, and is scanned', async (context) => {
  let wanted = ENCODINGS[0] as (typeof ENCODINGS)[number];
  let isStreamed = false;
  const { gateway } = await startWith(context, async (response) => {
    const [, encoding, encode] = wanted;
    const type = isStreamed ? 'text/event-stream' : 'application/json';
    response.writeHead(200, {
      'content-type': type,
      ...(encoding === null ? {} : { 'content-encoding': encoding }),
    });
    const bytes = encode(textOf(isStreamed));
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end();
  });
  for (const each of ENCODINGS) {
    for (const streamed of [false, true]) {
      await context.test(`${each[0]}, ${streamed ? 'streamed' : 'whole'}`, async () => {
        wanted = each;
        isStreamed = streamed;
        const answer = await postRaw(gateway, Buffer.from(JSON.stringify(ask('hi', { stream: streamed }))));
        assert.deepEqual(answer.body, each[2](textOf(streamed)));
        const record = await gateway.ledger.readExchange(String(answer.headers['x-telltale-exchange-id']));
        assert.deepEqual(
          record?.findings.map(({ finding }) => finding.segment.id),
          ['response/choices/0/message/content'],
        );
        assert.equal(
          record?.coverage.every(({ status }) => status === 'scanned'),
          true,
        );
      });
    }
  }
});

function textOf(isStreamed: boolean): Buffer {
  const content = 'we shall deceive them, é 漢字 🙂';
  return Buffer.from(isStreamed ? events(content).join('') : JSON.stringify(completion(content)));
}

const unread: [name: string, encoding: string, body: Buffer, reason: string][] = [
  ['an encoding that nobody knows', 'x-own', Buffer.from('{}'), 'unknown_encoding'],
  ['two encodings', 'gzip, br', Buffer.from('{}'), 'unknown_encoding'],
  ['bytes that are not of their encoding', 'gzip', Buffer.from('{}'), 'unknown_encoding'],
  ['a body that decodes to 256 times its bound', 'br', brotliCompressSync(Buffer.alloc(2 ** 24)), 'over_cap'],
];

test('an answer whose encoding cannot be read passes as it is, with its reason', async (context) => {
  let wanted = unread[0] as (typeof unread)[number];
  const { gateway } = await startWith(context, (response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': wanted[1] })
      .end(wanted[2]);
  });
  for (const each of unread) {
    await context.test(each[0], async () => {
      wanted = each;
      const answer = await postRaw(gateway, Buffer.from(JSON.stringify(ask('hi'))));
      assert.deepEqual(answer.body, each[2]);
      const record = await gateway.ledger.readExchange(String(answer.headers['x-telltale-exchange-id']));
      assert.equal(record?.coverage.find(({ segmentId }) => segmentId === 'response')?.reason, each[3]);
    });
  }
});

const statuses: [status: number, body: string, headers: Record<string, string>][] = [
  [429, '{"error":{"message":"slow down","type":"rate","code":null,"param":null}}', { 'retry-after': '7' }],
  [401, '{"error":{"message":"bad key"}}', { 'www-authenticate': 'Bearer' }],
  [500, '<html>broken</html>', {}],
  [204, '', {}],
];

test('statuses, errors and their headers reach the client unchanged', async (context) => {
  let wanted = statuses[0] as (typeof statuses)[number];
  const { gateway } = await startWith(context, (response) => {
    response.writeHead(wanted[0], { 'content-type': 'application/json', ...wanted[2] }).end(wanted[1]);
  });
  for (const each of statuses) {
    await context.test(String(each[0]), async () => {
      wanted = each;
      const answer = await postRaw(gateway, Buffer.from(JSON.stringify(ask('hi'))));
      assert.equal(answer.status, each[0]);
      assert.equal(answer.body.toString(), each[1]);
      for (const [name, value] of Object.entries(each[2])) assert.equal(answer.headers[name], value);
    });
  }
});

test('the list of models passes through and is recorded as read by no rule', async (context) => {
  const { upstream, gateway } = await startWith(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
  });
  const response = await fetch(`${gateway.url}/v1/models`);
  assert.equal(await response.text(), '{"data":[]}');
  assert.deepEqual([upstream.arrived[0]?.method, upstream.arrived[0]?.body.length], ['GET', 0]);
  const record = await gateway.recordOf(response);
  assert.deepEqual(
    [record.route, record.coverage.map(({ segmentId, reason, bytes }) => [segmentId, reason, bytes])],
    ['/v1/models', [['response', 'no_rules', 11]]],
  );
});

test('a client that waits for 100 Continue is told to go on', async (context) => {
  const { upstream, gateway } = await startWith(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion('fine')));
  });
  const answer = await postRaw(gateway, Buffer.from(JSON.stringify(ask('hi'))), { expect: '100-continue' });
  assert.equal(answer.status, 200);
  assert.equal(upstream.arrived.length, 1);
});

test('a status line that Node cannot write loses its phrase, and nobody their answer', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    const body = events('fine').join('');
    const head = `content-type: text/event-stream\r\ncontent-length: ${body.length}`;
    response.socket?.end(`HTTP/1.1 200 ПОРЯДОК\r\n${head}\r\n\r\n${body}`);
  });
  const rules = [rule(), rule({ mode: 'enforce', target: 'output' })];
  for (const each of rules) {
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: { 'a.yaml': ruleFile([each]) },
    });
    const response = await gateway.post(ask('hello', { stream: true }));
    assert.deepEqual([response.status, response.statusText], [200, 'OK']);
    assert.equal(await response.text(), events('fine').join(''));
  }
});
