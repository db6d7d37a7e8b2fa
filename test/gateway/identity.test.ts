import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configSchema } from '../../gateway/config/schema.ts';
import { createIdentify } from '../../gateway/conversation/identify.ts';
import { createTrustedHops, isHop } from '../../gateway/conversation/trusted-hops.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

const key = createSecretKey(Buffer.alloc(32, 7));
const HASH = /^k-[\w-]{22}$/;

const hops: [hops: string[], address: string | undefined, isTrusted: boolean][] = [
  [[], '127.0.0.1', false],
  [['10.0.0.7'], '10.0.0.7', true],
  [['10.0.0.7'], '10.0.0.8', false],
  [['10.0.0.7'], '::ffff:10.0.0.7', true],
  [['10.1.0.0/16'], '10.0.255.255', false],
  [['10.1.0.0/16'], '10.1.0.0', true],
  [['10.1.0.0/16'], '10.1.255.255', true],
  [['10.1.0.0/16'], '10.2.0.0', false],
  [['fd00::/8'], 'fdff::1', true],
  [['fd00::/8'], 'fe00::1', false],
  [['::1', '192.0.2.0/24'], '::1', true],
  [['0.0.0.0/0'], undefined, false],
  [['0.0.0.0/0'], 'no address', false],
];

for (const [list, address, isTrusted] of hops) {
  test(`${address} is ${isTrusted ? '' : 'not '}one of [${list}]`, () => {
    assert.equal(createTrustedHops(list).includes(address), isTrusted);
  });
}

test('a hop is an address or a network, and the configuration refuses all else', () => {
  for (const hop of ['10.0.0.7', '::1', '10.0.0.0/0', '10.0.0.0/32', 'fd00::/128'])
    assert.ok(isHop(hop), hop);
  for (const hop of [
    '',
    'proxy.example',
    '10.0.0',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/8/8',
    '::1/',
    'fe80::1%lo',
  ]) {
    assert.equal(isHop(hop), false, hop);
    assert.equal(configSchema.safeParse({ identity: { trusted_hops: [hop] } }).success, false, hop);
  }
});

function identify(
  headers: Readonly<Record<string, string>>,
  { from = '10.0.0.7', trusted = ['10.0.0.7'] } = {},
) {
  const ignored: string[] = [];
  const by = createIdentify({
    key,
    hops: createTrustedHops(trusted),
    callerHeader: 'x-user',
    onIgnored: (header) => void ignored.push(header),
  });
  return { ...by({ headers, url: '/', socket: { remoteAddress: from } } as never), ignored };
}

test('a trusted hop names the caller; what others say is ignored and counted, and their key is hashed', () => {
  const headers = { 'x-user': 'ann', 'x-telltale-tenant': 'sales', authorization: 'Bearer sk-1' };
  assert.deepEqual(identify(headers), { caller: 'ann', tenant: 'sales', ignored: [] });
  const others = identify(headers, { from: '10.0.0.8' });
  assert.match(others.caller ?? '', HASH);
  assert.equal(others.tenant, null);
  assert.deepEqual(others.ignored.sort(), ['caller', 'tenant']);
  const { caller } = identify({ authorization: 'Bearer sk-1' });
  assert.equal(caller, others.caller, 'with the key alone it is the same caller');
});

test('where no hop is trusted nobody names callers, and everybody their tenant', () => {
  const found = identify({ 'x-user': 'ann', 'x-telltale-tenant': 'sales' }, { trusted: [] });
  assert.deepEqual(found, { caller: null, tenant: 'sales', ignored: ['caller'] });
});

test('keys tell callers apart, and so does what a key and a name have in common', () => {
  const callers = [
    identify({ authorization: 'Bearer a b' }),
    identify({ authorization: 'Bearer c d' }),
    identify({ 'x-user': 'Bearer a b' }),
  ].map(({ caller }) => caller ?? '');
  assert.equal(new Set(callers).size, 3);
  for (const caller of callers) assert.match(caller, HASH);
});

test('a name that is no name is hashed, not stored', () => {
  for (const name of ['two words', 'ann, bob', 'x'.repeat(129), 'é']) {
    assert.match(identify({ 'x-user': name }).caller ?? '', HASH);
  }
  assert.equal(identify({ 'x-user': 'x'.repeat(128) }).caller, 'x'.repeat(128));
  assert.equal(identify({ 'x-user': '' }).caller, null);
});

const secret = 'planted-secret';
const HELLO = [{ role: 'user', content: 'hello' }];

test('rules and alerts know the caller, conversations of two callers are two, and no key is told', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const except = `    exceptions:\n      - {name: tests, fields: [caller], values: [[tester]]}\n`;
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([`${rule({ target: 'output' })}${except}`]) },
    config: { identity: { trusted_hops: ['127.0.0.0/8'], caller_header: 'x-user' } },
    relayDeadlineMs: 120_000,
  });
  const send = async (headers: Readonly<Record<string, string>>, messages: unknown[] = HELLO) => {
    const response = await gateway.post({ messages }, { headers });
    await response.arrayBuffer();
    return gateway.recordOf(response);
  };
  const second = [...HELLO, { role: 'assistant', content: 'we' }, { role: 'user', content: 'on' }];
  const ann = { 'x-user': 'ann', authorization: `Bearer ${secret}-1` };
  const records = [
    await send(ann),
    await send({ ...ann, authorization: `Bearer ${secret}-2` }, second),
    await send({ authorization: `Bearer ${secret}-1` }),
    await send({ 'x-user': 'tester' }),
  ];
  const [first, later, keyed, tester] = records.map(({ conversationId }) => conversationId);
  assert.equal(first, later, 'whatever the key is');
  assert.equal(new Set([first, keyed, tester]).size, 3);
  assert.deepEqual(
    records.map(({ findings }) => findings.length),
    [1, 1, 1, 0],
  );
  const callers = records.flatMap(({ findings }) => findings.map(({ finding }) => finding.caller));
  assert.deepEqual(callers.slice(0, 2), ['ann', 'ann']);
  assert.match(callers[2] ?? '', HASH);
  assert.ok(
    upstream.arrived.some(({ rawHeaders }) => rawHeaders.includes('ann')),
    'their own header goes on',
  );
  await gateway.stop();
  const alerts = readFileSync(join(gateway.folder, 'data', 'alerts.jsonl'), 'utf8');
  const told = alerts
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).unmapped.caller);
  assert.deepEqual(told.toSorted(), callers.toSorted());
  assert.equal(alerts.includes(secret), false);
});

test('a caller that names itself is not believed, and that is counted', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { identity: { trusted_hops: ['192.0.2.1'] } },
  });
  const headers = { 'x-telltale-caller': `${secret}-name`, 'x-telltale-tenant': 'sales' };
  const response = await gateway.post(ask('hello'), { headers });
  await response.arrayBuffer();
  const { findings } = await gateway.recordOf(response);
  assert.deepEqual([findings[0]?.finding.caller, findings[0]?.finding.tenant], [undefined, undefined]);
  const metrics = await gateway.metrics();
  for (const header of ['caller', 'tenant']) {
    assert.match(
      metrics,
      new RegExp(`telltale_identity_headers_ignored_total\\{[^}]*header="${header}"[^}]*\\} 1\\b`),
    );
  }
  assert.equal(metrics.includes(secret), false);
});
