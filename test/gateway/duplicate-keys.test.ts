import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duplicateKeyAt } from '../../gateway/reading/duplicate-key.ts';
import { startAnswering } from './start-answering.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { ask } from './test-upstream.ts';

test('a key that stands twice is refused where a rule enforces, else passes and is told', async (context) => {
  const body = '{"model":"m","messages":[{"role":"user","content":"they deceive","cont\\u0065nt":"fine"}]}';
  const flagging = await startAnswering(context);
  const passed = await flagging.gateway.post(body);
  assert.equal(passed.status, 200);
  const told = (await flagging.gateway.recordOf(passed)).coverage.filter(({ status }) => status === 'failed');
  assert.deepEqual(
    told.map(({ segmentId, reason, bytes }) => [segmentId, reason, bytes]),
    [['request', 'duplicate_key', body.length]],
  );
  const policy = { on_unscannable: { flag: 'block' } };
  const strict = await startAnswering(context, { config: { policy } });
  const refused = await strict.gateway.post(body);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /unscannable/);
  assert.equal(strict.upstream.arrived.length, 0);
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'input' })]) };
  const enforcing = await startAnswering(context, { rules });
  const response = await enforcing.gateway.post(body);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /"code":"duplicate_key"/);
  const { coverage } = await enforcing.gateway.recordOf(response);
  assert.deepEqual(
    coverage.map(({ status, reason }) => [status, reason]),
    [['failed', 'duplicate_key']],
  );
  assert.equal(enforcing.upstream.arrived.length, 0);
  assert.equal((await enforcing.gateway.post(ask('fine'))).status, 200);
});

test('a key is found twice exactly where an object says it twice', () => {
  const places: [json: string, at: number | null][] = [
    ['{"a":1,"b":1}', null],
    ['{"a":1,"a":1}', 7],
    ['{"a":"a","b":["a","a"]}', null],
    ['[{"a":1},{"a":1}]', null],
    ['{"a":{"a":{"a":1}}}', null],
    ['{"\\u0061":1,"a":1}', 12],
    ['{"a":{"b":1},"b":2,"a":3}', 19],
    ['{"__proto__":1,"__proto__":2}', 15],
    ['{"a\\"":1,"a":1}', null],
  ];
  for (const [json, at] of places) assert.equal(duplicateKeyAt(Buffer.from(json)), at, json);
  // What JSON.stringify writes never has a key twice.
  fc.assert(fc.property(fc.json({ maxDepth: 4 }), (json) => duplicateKeyAt(Buffer.from(json)) === null));
});

test('keys named __proto__ are read as any other and change nothing', async (context) => {
  const { gateway, upstream } = await startAnswering(context);
  const body =
    '{"__proto__":{"model":"x","polluted":1},"messages":[{"role":"user","content":"hi","__proto__":{"role":"system"}}],"constructor":{"prototype":{"polluted":1}}}';
  assert.equal((await gateway.post(body)).status, 200);
  assert.equal(upstream.arrived[0]?.body.toString(), body);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});
