import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { loadDialects } from '../../gateway/dialects/load-dialects.ts';
import { createVoiceOf } from '../../gateway/dialects/nearest-voice.ts';
import { routePath } from '../../gateway/dialects/route-path.ts';
import { startGateway } from './start-gateway.ts';

test("a version of a route's own takes the place of the prefix's", () => {
  const cases = [
    ['/v1', '/v1beta/models'],
    ['/proxy/v1', '/proxy/v1beta/models'],
    ['/proxy', '/proxy/v1beta/models'],
    ['', '/v1beta/models'],
  ] as const;
  for (const [prefix, path] of cases) {
    assert.equal(routePath(prefix, { path: '/models', version: 'v1beta' }), path);
  }
  assert.equal(routePath('/v1', { path: '/models' }), '/v1/models');
});

const dialects = await loadDialects();
const usual = dialects.find(({ name }) => name === 'openai-chat');
assert.ok(usual !== undefined);
const voiceOf = createVoiceOf(dialects, usual, '/v1');

for (const [target, name] of [
  ['/', 'openai-chat'],
  ['/v1/assistants', 'openai-chat'],
  ['/v1/messages/batches?limit=1', 'anthropic-messages'],
  ['/V1/Messages/batches', 'anthropic-messages'],
  ['/v1/embeddings/', 'openai-embeddings'],
  ['/v1beta/files', 'gemini'],
  ['/v1beta/openai/images/generations', 'openai-chat'],
  ['/openai/deployments/gpt/images/generations', 'openai-chat'],
  ['/v1/projects/p/locations/l/publishers/nobody/models/m:rawPredict', 'gemini'],
  ['/v1/projects/p/locations/l/publishers/anthropic/models/m:predict', 'anthropic-messages'],
  ['/v1/projects/p/locations/l/batchPredictionJobs', 'gemini'],
] as const) {
  test(`the dialect whose routes are most like ${target} answers there`, () => {
    assert.equal(voiceOf(target).name, name);
  });
}

/** What a plain socket gets for these bytes. */
async function askPlainly(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(request);
  return text(socket);
}

test('unknown paths and broken HTTP are answered in the form of the nearest dialect', async (context) => {
  const { url } = await startGateway(context);
  const unknown = await fetch(`${url}/v1/messages/batches`, { method: 'POST' });
  const told = (await unknown.json()) as { type: string; error: { type: string } };
  assert.deepEqual([unknown.status, told.type, told.error.type], [404, 'error', 'not_found_error']);
  const broken = await askPlainly(url, 'POST /v1/messages HTTP/1.1\r\nbroken\r\n\r\n');
  assert.match(broken, /^HTTP\/1\.1 400 [\s\S]*\{"type":"error","error":\{"type":"invalid_request_error"/);
  const elsewhere = await askPlainly(url, 'NOTHING AT ALL\r\n\r\n');
  assert.match(elsewhere, /^HTTP\/1\.1 400 [\s\S]*"code":"bad_http"/);
});
