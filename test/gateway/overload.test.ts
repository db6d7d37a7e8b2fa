import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextLimit } from '../../gateway/admission.ts';
import { errorOf } from './error-of.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

const DIALECTS: [path: string, refusal: RegExp][] = [
  ['/v1/chat/completions', /"type":"gateway_error".*"code":"overloaded"/],
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
  await until(async () => /^telltale_in_flight_limit(\{.*\})? 1$/m.test(await gateway.metrics()));
  queued = 0;
  letGo();
  assert.equal((await first).status, 200);
});
