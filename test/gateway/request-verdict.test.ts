import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

const blocking = (target = 'any') => ({
  'a.yaml': ruleFile([rule({ mode: 'enforce', action: 'block', target })]),
});

test('under race the upstream is asked meanwhile, and a blocked request gets nothing of its answer', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const config = { policy: { request_verdict: 'race', expose_timing: true } };
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: blocking('input'),
    config,
  });
  const blocked = await gateway.post(ask('deceive'));
  assert.equal(blocked.status, 400);
  assert.match(await blocked.text(), /content_filter/);
  const passed = await gateway.post(ask('hello'));
  assert.deepEqual(await passed.json(), completion('fine'));
  assert.match(passed.headers.get('server-timing') ?? '', /^telltale;dur=\d+\.\d$/);
});

test('under observe a request goes on untouched, and is flagged', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const config = { policy: { request_verdict: 'observe' } };
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: blocking('input'),
    config,
  });
  const response = await gateway.post(ask('deceive'));
  assert.deepEqual(await response.json(), completion('fine'));
  assert.equal((await gateway.recordOf(response)).verdict, 'flag');
});

test('with the switch for shadow no rule acts, and all are counted', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const config = { policy: { shadow: true } };
  const gateway = await startGateway(context, { upstream: upstream.url, rules: blocking(), config });
  const response = await gateway.post(ask('deceive'));
  assert.deepEqual(await response.json(), completion('we deceive'));
  const { verdict, findings } = await gateway.recordOf(response);
  assert.deepEqual([verdict, findings.length], ['pass', 0]);
  assert.match(await gateway.metrics(), /telltale_findings_total\{[^}]*mode="shadow"[^}]*\} 2/);
});

test('blocked and not scanned are different errors', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, { upstream: upstream.url, rules: blocking('input') });
  const codes = [];
  for (const content of [
    'deceive',
    'fail:WORKER_DIED',
    [{ type: 'image_url', image_url: { url: 'https://e.org/a.png' } }],
  ]) {
    const response = await gateway.post({ model: 'm', messages: [{ role: 'user', content }] });
    const { error } = (await response.json()) as { error: { code: string } };
    codes.push([response.status, error.code, response.headers.get('retry-after')]);
  }
  assert.deepEqual(codes, [
    [400, 'content_filter', null],
    [503, 'scanner_unavailable', '1'],
    [400, 'unscannable', null],
  ]);
});
