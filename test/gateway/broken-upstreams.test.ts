import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedUrl } from '../services/free-ports.ts';
import { errorOf } from './error-of.ts';
import { startGateway } from './start-gateway.ts';
import { ask, beginEvents, chunk, events, startUpstream } from './test-upstream.ts';

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
