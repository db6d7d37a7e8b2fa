import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startAnswering } from './start-answering.ts';
import type { TestGateway } from './start-gateway.ts';
import { ask } from './test-upstream.ts';

const BODY = JSON.stringify(ask('hello'));
const PATH = '/v1/chat/completions';

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

/** What a body in these codings makes of a request. */
const codings: [head: string, status: number, code: string | null][] = [
  ['transfer-encoding: chunked', 200, null],
  ['transfer-encoding: Chunked', 200, null],
  ['transfer-encoding: , chunked', 200, null],
  ['transfer-encoding: gzip, chunked', 501, 'unknown_transfer_coding'],
  ['transfer-encoding: gzip\r\ntransfer-encoding: chunked', 501, 'unknown_transfer_coding'],
  ['transfer-encoding: deflate;q=1, br, chunked', 501, 'unknown_transfer_coding'],
  ['transfer-encoding: identity, chunked', 501, 'unknown_transfer_coding'],
  ['transfer-encoding: chunked, gzip', 400, 'bad_http'],
  ['transfer-encoding: gzip', 400, 'bad_http'],
  ['transfer-encoding: chunked, chunked', 400, 'bad_http'],
];

test('of transfer codings chunked is read, others are not understood, and none after chunked is HTTP', async (context) => {
  const { gateway, upstream } = await startAnswering(context, {
    config: { policy: { unknown_path: 'pass' } },
  });
  const chunked = (body: string | Buffer) => [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
  for (const path of [PATH, '/v1/nowhere']) {
    for (const [head, status, code] of codings) {
      const arrived = upstream.arrived.length;
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      socket.write(`POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${head}\r\n\r\n`);
      for (const piece of chunked(head.includes('gzip') ? gzipSync(BODY) : BODY)) socket.write(piece);
      const answer = await text(socket);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), `${path} ${head}`);
      if (code !== null) assert.match(answer, new RegExp(`"code":"${code}"`));
      assert.equal(upstream.arrived.length - arrived, status === 200 ? 1 : 0);
      if (status === 200) assert.equal(upstream.arrived.at(-1)?.body.toString(), BODY);
    }
  }
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
