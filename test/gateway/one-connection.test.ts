import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { answerClient } from '../../gateway/exchange/answer-client.ts';
import type { Way } from '../../gateway/exchange/refuse.ts';
import { createBodyIntake } from '../../gateway/upstream/answer-body.ts';
import type { UpstreamAnswer } from '../../gateway/upstream/create-upstream.ts';
import { startGateway } from './start-gateway.ts';
import { ask } from './test-upstream.ts';

/** An upstream that answers with these bytes, whatever they are, and keeps what it was asked. */
async function startRaw(context: TestContext, answer: string) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding('latin1').on('error', () => {});
    let text = '';
    socket.on('data', (more) => {
      text += more;
      if (!text.endsWith('}')) return;
      asked.push(text);
      socket.end(answer, 'latin1');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** All that comes back on a connection until it is closed. */
async function askRaw(url: string, headers: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  const body = JSON.stringify(ask('hello'));
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'Host: x',
    ...headers,
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  for await (const more of socket) text += more;
  return text;
}

test('what any Connection header names goes on neither way', async (context) => {
  const head = ['Connection: X-Hop, X-Other', 'Connection: close', 'X-Hop: 1', 'x-other: 2', 'X-End: 3'];
  const answer = ['HTTP/1.1 200 OK', ...head, 'Content-Length: 2', '', '{}'].join('\r\n');
  const upstream = await startRaw(context, answer);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const answered = await askRaw(gateway.url, head);
  for (const text of [answered, upstream.asked.join('')]) {
    assert.match(text, /\r\nX-End: 3\r\n/);
    assert.doesNotMatch(text, /x-hop|x-other/i);
  }
});

test('trailers pass on, but none that speaks as the gateway', async (context) => {
  const trailers = ['x-telltale-verdict: pass', 'X-Digest: a', 'Set-Cookie: b'];
  const body = ['2', '{}', '0', ...trailers, '', ''];
  const head = ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-Digest', ''];
  const upstream = await startRaw(context, [...head, ...body].join('\r\n'));
  const gateway = await startGateway(context, { upstream: upstream.url });
  const answered = await askRaw(gateway.url, ['Connection: close']);
  assert.match(answered, /\r\n0\r\nx-digest: a\r\nset-cookie: b\r\n\r\n$/);
  assert.doesNotMatch(answered, /x-telltale-verdict/);
});

test('a status that is none makes no answer, and nothing of it reaches the client', async (context) => {
  const upstream = await startRaw(context, 'HTTP/1.1 099 Low\r\nX-Low: 1\r\nContent-Length: 2\r\n\r\n{}');
  const gateway = await startGateway(context, { upstream: upstream.url });
  assert.match(await askRaw(gateway.url, ['Connection: close']), /^HTTP\/1\.1 502 /);
});

test('an answer that nobody came to read ends its connection', async () => {
  const calls: string[] = [];
  const { body } = createBodyIntake({
    pause: () => {},
    resume: () => {},
    abort: () => calls.push('abort'),
  });
  const way = {
    get exchange(): never {
      throw new Error('a fault of our own');
    },
  };
  const answer: Partial<UpstreamAnswer> = { outcome: 'answered', status: 200, headers: [], body };
  const brought = answerClient(way as unknown as Way, answer as UpstreamAnswer, { isStreamed: true });
  await assert.rejects(brought, /a fault of our own/);
  assert.deepEqual(calls, ['abort']);
});
