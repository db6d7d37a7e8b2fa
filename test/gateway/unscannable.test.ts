import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, events, startUpstream } from './test-upstream.ts';

const enforce = (target: string) => ruleFile([rule({ mode: 'enforce', target })]);

test('an image is skipped with its reason where rules flag, and blocks where they enforce', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const body = {
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }] },
    ],
  };
  const flagging = await startGateway(context, { upstream: upstream.url });
  const passed = await flagging.post(body);
  assert.equal(passed.status, 200);
  assert.equal((await flagging.recordOf(passed)).coverage[0]?.reason, 'image');
  const enforcing = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('input') },
  });
  const blocked = await enforcing.post(body);
  assert.equal(blocked.status, 400);
  assert.equal(upstream.arrived.length, 1);
  const lenient = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': enforce('input') },
    config: { policy: { on_unscannable: { enforce: 'pass' } } },
  });
  assert.equal((await lenient.post(body)).status, 200);
});

const policies: [mode: 'flag' | 'enforce', decision: 'pass' | 'block', status: number][] = [
  ['flag', 'pass', 200],
  ['flag', 'block', 400],
  ['enforce', 'pass', 200],
  ['enforce', 'block', 400],
];

for (const [mode, decision, status] of policies) {
  test(`what cannot be read where rules ${mode} ends in ${status} under ${decision}, and each use is counted`, async (context) => {
    const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: { 'a.yaml': ruleFile([rule({ mode, target: 'input' })]) },
      config: { policy: { on_unscannable: { [mode]: decision } } },
    });
    const image_url = { url: 'https://example.org/a.png' };
    const body = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url }] }] };
    for (let use = 1; use <= 2; use++) {
      const response = await gateway.post(body);
      assert.equal(response.status, status);
      const { coverage } = await gateway.recordOf(response);
      assert.deepEqual(
        coverage.map(({ reason }) => reason).filter((reason) => reason !== 'no_rules'),
        ['image'],
      );
    }
    assert.equal((await gateway.post(ask('hello'))).status, 200);
    assert.match(
      await gateway.metrics(),
      new RegExp(
        `telltale_policy_uses_total\\{(?=[^}]*policy="on_unscannable")(?=[^}]*decision="${decision}").*\\} 2\\n`,
      ),
    );
  });
}

const failures: [code: string, reason: string][] = [
  ['TIMEOUT', 'timeout'],
  ['QUEUE_FULL', 'queue_full'],
  ['WORKER_DIED', 'worker_died'],
  ['NON_FINITE', 'non_finite'],
  ['SHAPE_MISMATCH', 'error'],
];

test('a reader that fails is in the coverage with its reason, and what others said stays', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const [code, reason] of failures) {
    await context.test(reason, async () => {
      const record = await gateway.recordOf(await gateway.post(ask(`so fail:${code} now`)));
      assert.deepEqual([record.coverage[0]?.status, record.coverage[0]?.reason], ['failed', reason]);
      assert.equal(record.verdict, 'flag');
    });
  }
});

test('an answer past the bound of what may be held is blocked, or passes where policy says so', async (context) => {
  const long = completion('fine '.repeat(40_000));
  const upstream = await startUpstream(context, (response) => answerJson(response, long));
  const limits = { max_decoded_bytes: 100_000 };
  const rules = { 'a.yaml': enforce('output') };
  const strict = await startGateway(context, { upstream: upstream.url, rules, config: { limits } });
  const refused = await strict.post(ask('hello'));
  assert.equal(refused.status, 502);
  assert.match(await refused.text(), /"code":"unscannable"/);
  const policy = { on_unscannable: { enforce: 'pass' } };
  const lenient = await startGateway(context, { upstream: upstream.url, rules, config: { limits, policy } });
  const response = await lenient.post(ask('hello'));
  assert.deepEqual(await response.json(), long);
  const { coverage } = await lenient.recordOf(response);
  assert.ok(coverage.some(({ reason }) => reason === 'over_cap'));
});

const ways: [enforcing: 'hold' | 'buffer', encoding: 'identity' | 'gzip'][] = [
  ['hold', 'identity'],
  ['buffer', 'identity'],
  ['buffer', 'gzip'],
];

for (const [enforcing, encoding] of ways) {
  test(`under ${enforcing} a stream (${encoding}) past every bound goes on while it comes, and whole, where policy says so`, {
    timeout: 300_000,
  }, async (context) => {
    // Words that do not compress.
    const words = Array.from({ length: 1_500 }, () => randomBytes(96).toString('hex'));
    const sent = events(words.join(' ')).join('');
    const bytes = encoding === 'gzip' ? gzipSync(sent) : Buffer.from(sent);
    const { promise: seen, resolve: go } = Promise.withResolvers<void>();
    const upstream = await startUpstream(context, async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });
      response.write(bytes.subarray(0, -1_000));
      await seen;
      response.end(bytes.subarray(-1_000));
    });
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: { 'a.yaml': enforce('output') },
      config: {
        limits: { max_decoded_bytes: 50_000 },
        policy: { on_unscannable: { enforce: 'pass' } },
        streaming: { enforcing },
      },
    });
    const response = await gateway.post(ask('hello', { stream: true }));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const parts: Buffer[] = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      go();
      parts.push(Buffer.from(part.value));
    }
    assert.equal(Buffer.concat(parts).toString(), sent);
    assert.equal((await gateway.recordOf(response)).verdict, 'pass');
  });
}
