import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { startGateway, type TestGateway } from './start-gateway.ts';
import { type Answer, startUpstream } from './test-upstream.ts';

/** A request of each dialect, written as no library writes it, and an answer. */
const DIALECTS: [path: string, request: string, answer: string, event: string | null][] = [
  [
    '/v1/chat/completions',
    '{ "model":"m", "messages":[{"content":"h\\u00e9llo 漢字","role":"user"}],"n":1.0e0}',
    '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"h\\u00e9 🙂"}}]}\n',
    ': hi\r\ndata: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"é"}}]}\r\n\r\ndata: [DONE]\r\n\r\n',
  ],
  [
    '/v1/completions',
    '{"prompt" : ["a","b"],"model":"m"}',
    '{"id":"c","object":"text_completion","choices":[{"index":0,"text":"b"}]}',
    'data: {"id":"c","object":"text_completion","choices":[{"index":0,"text":"b"}]}\n\ndata: [DONE]\n\n',
  ],
  [
    '/v1/responses',
    '{"input":"hi","model":"m" }',
    '{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"b","annotations":[]}]}]}',
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"b","sequence_number":1}\n\n',
  ],
  ['/v1/embeddings', '{"model":"m","input":["a", "b"]}', '{"object":"list","data":[]}', null],
  ['/v1/moderations', '{"model":"m","input":"a" }', '{"id":"m","results":[]}', null],
  [
    '/v1/messages',
    '{"model":"m","max_tokens":1,"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}',
    '{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"b"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
  ],
  [
    '/v1/messages/count_tokens',
    '{"model":"m","messages":[{"role":"user","content":"a"}]}',
    '{"input_tokens": 3}',
    null,
  ],
  [
    '/v1beta/models/g:generateContent?alt=json',
    '{"contents":[{"parts":[{"text":"a"}]}] }',
    '{"candidates":[{"content":{"parts":[{"text":"b"}],"role":"model"},"finishReason":"STOP","index":0}]}',
    null,
  ],
  [
    '/v1beta/models/g:streamGenerateContent?alt=sse',
    '{"contents":[{"parts":[{"text":"a"}]}] }',
    '[{"candidates":[{"content":{"parts":[{"text":"b"}],"role":"model"},"finishReason":"STOP","index":0}]}\n]',
    'data: {"candidates":[{"content":{"parts":[{"text":"b"}],"role":"model"},"finishReason":"STOP","index":0}]}\r\n\r\n',
  ],
];

const ENCODINGS: [name: string, encode: (text: string) => Buffer][] = [
  ['identity', (text) => Buffer.from(text)],
  ['gzip', (text) => gzipSync(text)],
  ['br', (text) => brotliCompressSync(text)],
  ['deflate', (text) => deflateSync(text)],
  ['zstd', (text) => zstdCompressSync(text)],
];

const RATES = [
  'X-RateLimit-Remaining',
  '7',
  'x-request-id',
  'req_1',
  'Set-Cookie',
  'a=1',
  'Set-Cookie',
  'b=2',
];

function digest(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function startPair(context: TestContext, answer: Answer) {
  const upstream = await startUpstream(context, answer);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  return { upstream, gateway, agent };
}

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer | null;
}

function open(
  { url }: TestGateway,
  agent: Agent,
  { method = 'POST', path, headers = [] }: Asked,
): ClientRequest {
  const all = ['host', new URL(url).host, 'authorization', 'Bearer k', ...headers];
  return request(`${url}${path}`, { method, agent, headers: all });
}

async function answerOf(sent: ClientRequest, body: Buffer | null = null) {
  const answered = once(sent, 'response');
  sent.end(body);
  const [response] = (await answered) as [IncomingMessage];
  const { localPort } = response.socket;
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return { response, localPort, bytes: Buffer.concat(parts) };
}

/** Without what belongs to one connection and what the gateway adds. */
function messageHeaders(raw: readonly string[]): string[][] {
  const own = /^(x-telltale-|connection$|keep-alive$|transfer-encoding$|host$|content-length$)/i;
  const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
  return pairs
    .filter(([name = '']) => !own.test(name))
    .map(([name = '', value = '']) => [name.toLowerCase(), value]);
}

test('every byte of every dialect passes as it came, whole and streamed, in every encoding, on one connection', async (context) => {
  let reply: { headers: string[]; bytes: Buffer } = { headers: [], bytes: Buffer.alloc(0) };
  const { upstream, gateway, agent } = await startPair(context, (response) => {
    response.writeHead(200, reply.headers);
    for (let at = 0; at < reply.bytes.length; at += 11) response.write(reply.bytes.subarray(at, at + 11));
    response.end();
  });
  const ports = new Set<number | undefined>();
  for (const [path, asked, whole, streamed] of DIALECTS) {
    for (const [encoding, encode] of ENCODINGS) {
      for (const text of streamed === null ? [whole] : [whole, streamed]) {
        const type = text === streamed ? 'text/event-stream' : 'application/json; charset=UTF-8';
        const coding = encoding === 'identity' ? [] : ['Content-Encoding', encoding];
        reply = {
          headers: ['Content-Type', type, ...coding, 'Date', 'Thu, 01 Jan 1970 00:00:00 GMT', ...RATES],
          bytes: encode(text),
        };
        const body = encode(
          text === streamed && path.startsWith('/v1/') ? asked.replace('{', '{"stream":true,') : asked,
        );
        const sent = open(gateway, agent, { path, headers: ['Content-Type', 'application/json', ...coding] });
        const { response, localPort, bytes } = await answerOf(sent, body);
        ports.add(localPort);
        const name = `${path} ${encoding} ${type}`;
        assert.equal(response.statusCode, 200, `${name}: ${bytes}`);
        assert.equal(digest(bytes), digest(reply.bytes), name);
        assert.deepEqual(messageHeaders(response.rawHeaders), messageHeaders(reply.headers), name);
        const arrived = upstream.arrived.at(-1);
        assert.equal(digest(arrived?.body ?? ''), digest(body), name);
        assert.equal(arrived?.target, path);
        assert.deepEqual(
          messageHeaders(arrived?.rawHeaders ?? []),
          [['authorization', 'Bearer k'], ['content-type', 'application/json'], ...messageHeaders(coding)],
          name,
        );
      }
    }
  }
  assert.equal(ports.size, 1, 'the connection was kept');
});

const statuses: [status: number, method: string, path: string, headers: string[], body: string][] = [
  [200, 'GET', '/v1/models', ['Content-Type', 'application/json', 'ETag', '"1"'], '{"data": []}'],
  [200, 'HEAD', '/v1/models', ['Content-Type', 'application/json', 'Content-Length', '4711'], ''],
  [304, 'GET', '/v1/models', ['ETag', '"1"', 'Cache-Control', 'max-age=1'], ''],
  [204, 'POST', '/v1/chat/completions', ['X-Empty', 'yes'], ''],
  [
    429,
    'POST',
    '/v1/chat/completions',
    ['Retry-After', '7', 'x-ratelimit-reset-tokens', '6m0s', 'Content-Type', 'application/json'],
    '{"error":{"message":"slow"}}',
  ],
  [
    529,
    'POST',
    '/v1/messages',
    ['Retry-After-Ms', '250', 'Content-Type', 'application/json'],
    '{"type":"error"}',
  ],
  [500, 'POST', '/v1/messages', ['Content-Type', 'text/html'], '<html>'],
  [401, 'POST', '/v1/embeddings', ['WWW-Authenticate', 'Bearer', 'Content-Type', 'application/json'], '{}'],
  [302, 'GET', '/v1/models', ['Location', 'https://b.example/'], ''],
];

test('statuses without a body, errors and rate limits pass with their headers', async (context) => {
  let reply = statuses[0] as (typeof statuses)[number];
  const { gateway, agent } = await startPair(context, (response) => {
    response.sendDate = false;
    response.writeHead(reply[0], reply[3]).end(reply[4]);
  });
  for (const each of statuses) {
    reply = each;
    const [status, method, path, headers, text] = each;
    const asked = DIALECTS.find(([one]) => one === path)?.[1];
    const body = asked === undefined ? null : Buffer.from(asked);
    const { response, bytes } = await answerOf(open(gateway, agent, { method, path }), body);
    assert.equal(response.statusCode, status);
    assert.equal(digest(bytes), digest(text), `${status}`);
    assert.deepEqual(
      messageHeaders(response.rawHeaders).filter(([name]) => name !== 'date'),
      messageHeaders(headers),
    );
    if (method === 'HEAD') assert.equal(response.headers['content-length'], '4711');
  }
});

test('Expect: 100-continue is answered before the body, and does not reach the upstream', async (context) => {
  const [path, asked, whole] = DIALECTS[0] as (typeof DIALECTS)[number];
  const { upstream, gateway, agent } = await startPair(context, (response) => void response.end(whole));
  const sent = open(gateway, agent, {
    path,
    headers: ['expect', '100-continue', 'content-length', String(Buffer.byteLength(asked))],
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  assert.equal(upstream.arrived.length, 0);
  const { bytes } = await answerOf(sent, Buffer.from(asked));
  assert.equal(digest(bytes), digest(whole));
  assert.equal(digest(upstream.arrived[0]?.body ?? ''), digest(asked));
  assert.ok(!upstream.arrived[0]?.rawHeaders.some((name) => name.toLowerCase() === 'expect'));
});

test('what the upstream says before its answer, and after it, reaches the client', async (context) => {
  const [path, asked, whole, streamed] = DIALECTS[0] as (typeof DIALECTS)[number];
  for (const text of [whole, streamed ?? '']) {
    const { gateway, agent } = await startPair(context, (response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload', 'x-note': 'soon' });
      response.writeProcessing();
      const type = text === whole ? 'application/json' : 'text/event-stream';
      response.writeHead(200, { 'content-type': type, trailer: 'x-digest' });
      response.write(text);
      response.addTrailers({ 'x-digest': digest(text) });
      response.end();
    });
    const sent = open(gateway, agent, { path });
    const said: unknown[] = [];
    sent.on('information', ({ statusCode, headers }) => void said.push([statusCode, { ...headers }]));
    const { response, bytes } = await answerOf(sent, Buffer.from(asked));
    assert.deepEqual(said, [
      [103, { link: '</a.css>; rel=preload', 'x-note': 'soon' }],
      [102, {}],
    ]);
    assert.equal(digest(bytes), digest(text));
    assert.equal(response.headers.trailer, 'x-digest');
    assert.deepEqual({ ...response.trailers }, { 'x-digest': digest(text) });
  }
});
