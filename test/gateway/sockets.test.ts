import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordWithin, rule, ruleFile, startGateway } from './start-gateway.ts';
import { ask, beginEvents, chunk, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

/** Waits until more can be written or nobody is there any more. */
async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const { signal } = either;
  const waits = [once(response, 'drain', { signal }), once(response, 'close', { signal })];
  await Promise.race(waits);
  either.abort();
  await Promise.allSettled(waits);
}

test('a client that leaves in mid-stream aborts the upstream; what had come is scored and recorded', async (context) => {
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'they deceive us' } }));
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const leaving = new AbortController();
  const response = await gateway.post(ask('hello', { stream: true }), { signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  await until(() => upstream.aborted() === 1);
  const record = await gateway.recordOf(response);
  assert.equal(record.verdict, 'flag');
  assert.ok(record.coverage.some(({ reason }) => reason === 'client_gone'));
  await until(async () =>
    /telltale_unscanned_segments_total\{.*client_gone.*\} 1/.test(await gateway.metrics()),
  );
});

test('a client that leaves before the answer begins aborts the upstream', async (context) => {
  const upstream = await startUpstream(context, () => {});
  const gateway = await startGateway(context, { upstream: upstream.url });
  const leaving = new AbortController();
  const posted = gateway.post(ask('hello'), { signal: leaving.signal });
  await until(() => upstream.arrived.length === 1);
  leaving.abort();
  await assert.rejects(posted);
  await until(() => upstream.aborted() === 1 && gateway.inFlight() === 0);
});

test('a client that leaves while an answer is held aborts the upstream', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'well' } }));
  });
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const leaving = new AbortController();
  const posted = gateway.post(ask('hello', { stream: true }), { signal: leaving.signal });
  await until(() => upstream.arrived.length === 1);
  leaving.abort();
  await assert.rejects(posted);
  await until(() => upstream.aborted() === 1 && gateway.inFlight() === 0);
});

/** 245 MB: many times what the buffers of all sockets on the way take. */
const PIECES = 4_096;

test('a client that does not read stops the upstream', async (context) => {
  const piece = Buffer.from(chunk({ delta: { content: 'x'.repeat(60_000) } }));
  let written = 0;
  let isStopped = false;
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    while (!response.destroyed && written < PIECES) {
      written += 1;
      if (!response.write(piece)) {
        isStopped = true;
        await drained(response);
        isStopped = false;
      }
    }
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const sent = request(`${gateway.url}/v1/chat/completions`, { method: 'POST' });
  sent.end(JSON.stringify(ask('hello', { stream: true })));
  const [response] = await once(sent, 'response');
  response.pause();
  let before = -1;
  // Written pieces no longer grow: the sockets' buffers are full and the upstream waits.
  await until(async () => {
    before = written;
    await sleep(300);
    return before === written && (isStopped || written === PIECES);
  });
  assert.ok(written < PIECES / 2, `${written} of ${PIECES} pieces left the upstream`);
  const id = String(response.headers['x-telltale-exchange-id']);
  sent.destroy();
  await until(() => upstream.aborted() === 1);
  await recordWithin(gateway, id);
});

test('a client that reads nothing for too long counts as gone', async (context) => {
  const piece = Buffer.from(chunk({ delta: { content: 'x '.repeat(30_000) } }));
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    while (!response.destroyed) {
      if (!response.write(piece)) await drained(response);
    }
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    // What is read of so much text is not what this is about.
    config: { limits: { client_stall_ms: 200, max_segment_tokens: 1_000 } },
  });
  const sent = request(`${gateway.url}/v1/chat/completions`, { method: 'POST' });
  sent.on('error', () => {});
  sent.end(JSON.stringify(ask('hello', { stream: true })));
  const [response] = await once(sent, 'response');
  response.on('error', () => {});
  response.pause();
  await until(() => upstream.aborted() === 1 && gateway.inFlight() === 0);
});

test('an event reaches the client while the stream is still open', async (context) => {
  let goOn = () => {};
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'first' } }));
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    response.end('data: [DONE]\n\n');
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await gateway.post(ask('hello', { stream: true }));
  let text = '';
  for await (const part of response.body ?? []) {
    text += Buffer.from(part).toString();
    if (text.endsWith('\n\n')) goOn();
  }
  assert.equal(text, `${chunk({ delta: { content: 'first' } })}data: [DONE]\n\n`);
});

test('a body that does not arrive in time is given up, and its client told so', async (context) => {
  const upstream = await startUpstream(context, () => {});
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { limits: { body_timeout_ms: 100 } },
  });
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"mess');
  socket.on('error', () => {});
  const answer = await text(socket);
  await until(() => socket.closed && gateway.inFlight() === 0);
  assert.equal(upstream.arrived.length, 0);
  assert.match(answer, /^HTTP\/1.1 408 /);
  assert.match(answer, /"code":"body_timeout"/);
});

test('headers past the bound are refused', async (context) => {
  const gateway = await startGateway(context, { config: { server: { max_header_bytes: 2048 } } });
  const response = await fetch(`${gateway.url}/healthz`, { headers: { 'x-long': 'x'.repeat(4096) } });
  assert.equal(response.status, 431);
  assert.ok(response.headers.get('x-telltale-exchange-id'));
});
