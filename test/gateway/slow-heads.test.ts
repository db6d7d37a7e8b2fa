import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startAnswering } from './start-answering.ts';
import { startGateway } from './start-gateway.ts';
import { ask, beginEvents, chunk, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

const IMPATIENT = { config: { limits: { header_timeout_ms: 200 } } };
const HEAD = 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n';
const open = (url: string) => connect({ port: Number(new URL(url).port), host: '127.0.0.1' });

test('a request whose headers do not come in time is answered 408, counted, and its connection ended', async (context) => {
  const { gateway, upstream } = await startAnswering(context, IMPATIENT);
  const slow: [name: string, sent: string][] = [
    ['nothing at all', ''],
    ['half a head', HEAD],
  ];
  for (const [index, [name, sent]] of slow.entries()) {
    await context.test(name, async () => {
      const socket = open(gateway.url);
      socket.write(sent);
      const answer = await text(socket);
      assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/);
      assert.match(answer, /x-telltale-exchange-id: /);
      const count = new RegExp(`^telltale_errors_total\\{error="bad_request".*\\} ${index + 1}$`, 'm');
      assert.match(await gateway.metrics(), count);
    });
  }
  assert.equal(upstream.arrived.length, 0);
});

test('a head that comes byte by byte takes no longer than another', async (context) => {
  const { gateway } = await startAnswering(context, IMPATIENT);
  const socket = open(gateway.url).on('error', () => {});
  socket.write(`${HEAD}x: `);
  const timer = setInterval(() => socket.writable && socket.write('x'), 20);
  context.after(() => clearInterval(timer));
  let answer = '';
  for await (const part of socket) answer += part;
  assert.match(answer, /^HTTP\/1\.1 408 /);
});

test('the metrics port waits no longer either, for headers as for a body', async (context) => {
  const { gateway } = await startAnswering(context, IMPATIENT);
  for (const sent of ['GET /metrics HTTP/1.1\r\nhost: a\r\n', '']) {
    const socket = open(gateway.metricsUrl);
    socket.write(sent);
    assert.match(await text(socket), /^HTTP\/1\.1 408 /);
  }
});

for (const [name, isBegun] of [
  ['under way', true],
  ['yet to come', false],
] as const) {
  test(`an answer ${name} is whole where a head behind its request is late`, async (context) => {
    let goOn = () => {};
    const upstream = await startUpstream(context, async (response) => {
      const told = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      if (!isBegun) await told;
      beginEvents(response);
      response.write(chunk({ delta: { content: 'first' } }));
      await told;
      response.end('data: [DONE]\n\n');
    });
    const gateway = await startGateway(context, { ...IMPATIENT, upstream: upstream.url });
    const body = JSON.stringify(ask('hello', { stream: true }));
    const socket = open(gateway.url);
    let answer = '';
    socket.on('data', (part) => {
      answer += part;
    });
    socket.write(`${HEAD}content-length: ${body.length}\r\n\r\n${body}`);
    await until(() => (isBegun ? answer.includes('first') : upstream.arrived.length === 1));
    socket.write(HEAD);
    await until(async () => /errors_total\{error="bad_request".*\} 1$/m.test(await gateway.metrics()));
    goOn();
    await once(socket, 'end');
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
    assert.match(answer, /data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
  });
}

test('what the HTTP parser refuses is counted, CONNECT and too long a head included', async (context) => {
  const { gateway } = await startAnswering(context, { config: { server: { max_header_bytes: 2_000 } } });
  const broken: [sent: string, status: number][] = [
    ['no HTTP at all\r\n\r\n', 400],
    ['CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    [`${HEAD}x: ${'x'.repeat(2_001)}\r\n\r\n`, 431],
  ];
  for (const [index, [sent, status]] of broken.entries()) {
    const socket = open(gateway.url);
    socket.write(sent);
    assert.match(await text(socket), new RegExp(`^HTTP/1\\.1 ${status} `));
    const count = new RegExp(`^telltale_errors_total\\{error="bad_request".*\\} ${index + 1}$`, 'm');
    assert.match(await gateway.metrics(), count);
  }
});

test('a stop does not wait for a client that keeps its half of a refused connection open', async (context) => {
  const { gateway } = await startAnswering(context);
  const socket = connect({
    port: Number(new URL(gateway.url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  context.after(() => socket.destroy());
  socket.write('CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 400 /);
  await gateway.stop();
});
