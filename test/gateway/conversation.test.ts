import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { conversationId } from '../../gateway/conversation/conversation-id.ts';
import { subjectId } from '../../gateway/conversation/subject-id.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

const key = createSecretKey(Buffer.alloc(32, 7));
const clues = { header: undefined, field: null, opening: 'a', caller: 'k-x' };

test('the header comes before the field, the field before the hash', () => {
  assert.equal(conversationId(key, { ...clues, header: 'h', field: 'f' }), 'h');
  assert.equal(conversationId(key, { ...clues, field: 'f' }), 'f');
  assert.match(conversationId(key, clues), /^c-[\w-]{22}$/);
});

test('an id that is no id is hashed, not stored', () => {
  for (const header of ['two words', 'x'.repeat(129), 'é']) {
    assert.match(conversationId(key, { ...clues, header }), /^c-/);
  }
});

test('callers, openings and keys tell conversations apart', () => {
  const ids = [
    conversationId(key, clues),
    conversationId(key, { ...clues, caller: 'k-y' }),
    conversationId(key, { ...clues, opening: 'b' }),
    conversationId(createSecretKey(Buffer.alloc(32, 8)), clues),
    conversationId(key, { ...clues, caller: 'k-xa', opening: '' }),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test('the id stays the same over the turns, and no key of a caller is kept', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const gateway = await startGateway(context, { upstream: upstream.url });
  const headers = { authorization: 'Bearer sk-planted-secret-1', 'x-api-key': 'planted-secret-2' };
  const first = await gateway.post(ask('hello'), { headers });
  const turns = [
    { role: 'user', content: 'hello' },
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'go on' },
  ];
  const second = await gateway.post({ messages: turns }, { headers });
  const ids = [await gateway.recordOf(first), await gateway.recordOf(second)].map(
    ({ conversationId: id }) => id,
  );
  assert.equal(ids[0], ids[1]);
  await gateway.stop();
  for (const file of readdirSync(join(gateway.folder, 'data'))) {
    assert.equal(readFileSync(join(gateway.folder, 'data', file)).includes('planted-secret'), false, file);
  }
});

test('a string written as a part, and marks for the cache that move, leave a conversation what it is', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, {}));
  const gateway = await startGateway(context, { upstream: upstream.url });
  const marked = [{ type: 'text', text: 'hello', cache_control: { type: 'ephemeral' } }];
  const later = [
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'go on' },
  ];
  const ofPath = async (path: string) => {
    const ids = [];
    for (const messages of [
      [{ role: 'user', content: marked }],
      [{ role: 'user', content: 'hello' }, ...later],
      [{ role: 'user', content: 'hello?' }, ...later],
    ]) {
      const body = JSON.stringify({ messages });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${gateway.url}/v1/${path}`, { method: 'POST', headers, body });
      await response.text();
      ids.push((await gateway.recordOf(response)).conversationId);
    }
    return ids;
  };
  for (const path of ['chat/completions', 'messages']) {
    const [first, second, other] = await ofPath(path);
    assert.equal(first, second, path);
    assert.notEqual(first, other, path);
  }
});

test('whom an exchange is about is kept as a hash, wherever the caller names its user, and goes nowhere by its header', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, {}));
  const gateway = await startGateway(context, { upstream: upstream.url });
  const messages = [{ role: 'user', content: 'hello' }];
  const alice = 'alice@example.org';
  const cases: [path: string, body: object, headers?: Record<string, string>][] = [
    ['chat/completions', { messages, user: alice }],
    ['chat/completions', { messages, user: 'older', safety_identifier: alice }],
    ['chat/completions', { messages, user: 'by the body' }, { 'x-telltale-subject': alice }],
    ['completions', { prompt: 'hello', user: alice }],
    ['responses', { input: 'hello', safety_identifier: alice }],
    ['messages', { messages, metadata: { user_id: alice } }],
  ];
  for (const [path, body, headers] of cases) {
    const response = await fetch(`${gateway.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    await response.text();
    const { subject } = await gateway.recordOf(response);
    assert.equal(subject, subjectId(alice), `${path} ${JSON.stringify(body)}`);
  }
  const fetched = await fetch(`${gateway.url}/v1/responses/resp_1`, {
    headers: { 'x-telltale-subject': alice, 'x-telltale-conversation-id': 'h' },
  });
  await fetched.text();
  const { subject, conversationId: id } = await gateway.recordOf(fetched);
  assert.deepEqual([subject, id], [subjectId(alice), 'h']);
  const heard = upstream.arrived.flatMap(({ rawHeaders }) => rawHeaders.map((name) => name.toLowerCase()));
  assert.ok(heard.includes('content-type') && !heard.includes('x-telltale-subject'));
  const nobody = await gateway.post({ messages });
  assert.equal((await gateway.recordOf(nobody)).subject, undefined);
  assert.match(subjectId(alice), /^s-[\w-]{22}$/);
});
