import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { ask, beginEvents, startUpstream } from './test-upstream.ts';

/** More than a call of a function can have arguments. */
const MANY = 150_000;
const texts = Array.from({ length: MANY }, () => 'a');

test('an answer of more texts than are read passes byte for byte, and what is past the bound is told', async (context) => {
  const media = Array.from({ length: MANY }, () => ({ bytesBase64Encoded: 'A' }));
  const body = JSON.stringify({ candidates: [{ content: { parts: [{ text: 'hi' }] }, texts, media }] });
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await fetch(`${gateway.url}/v1beta/models/m:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ parts: [{ text: 'hello' }] }] }),
  });
  assert.equal(response.status, 200);
  assert.ok((await response.text()) === body);
  const { coverage } = await gateway.recordOf(response);
  assert.equal(coverage.at(-1)?.reason, 'over_cap');
});

test('a held event of more texts than are read is told to be unscannable', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(`data: ${JSON.stringify({ choices: [], texts })}\n\ndata: [DONE]\n\n`);
  });
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const response = await gateway.post(ask('hello', { stream: true }));
  assert.equal(response.status, 502);
  assert.match(await response.text(), /over_cap.*"code":"unscannable"/);
});
