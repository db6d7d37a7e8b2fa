import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  alertsOf,
  createLedger,
  createRelay,
  createWebhookSink,
  detectionFindingSchema,
  type WebhookSinkOptions,
} from '../../alerts/index.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { createListSink, until } from './sinks.ts';

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Answer = (response: ServerResponse, call: Call) => void | Promise<void>;

/** A receiver that answers as it is told; 204 until then. */
async function receiver(t: TestContext) {
  const calls: Call[] = [];
  const state = { answer: ((response) => void response.writeHead(204).end()) as Answer };
  const server = createServer(async (request, response) => {
    const call = { headers: request.headers, body: await text(request) };
    calls.push(call);
    await state.answer(response, call);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanUp(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=secret` };
}

function open(t: TestContext, options: WebhookSinkOptions) {
  const sink = createWebhookSink(options);
  cleanUp(t, () => sink.close());
  const deliver = (conversations: readonly string[], signal = AbortSignal.timeout(120_000)) => {
    const alerts = conversations.flatMap((conversationId) => alertsOf(exchange({ conversationId })));
    return sink.deliver(alerts, signal);
  };
  return { sink, deliver };
}

const status =
  (code: number, headers = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();

test('an alert arrives as one structured CloudEvent, signed with every secret', async (t) => {
  const { url, calls } = await receiver(t);
  const secrets = ['plain text', `whsec_${Buffer.from('bytes').toString('base64')}`];
  const { sink } = open(t, { url, secrets, source: '/gateways/one', headers: { authorization: 'Bearer x' } });
  const record = exchange();
  assert.deepEqual(await sink.deliver(alertsOf(record), AbortSignal.timeout(120_000)), [
    { outcome: 'delivered' },
  ]);
  const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: '' }] = calls;
  assert.match(headers['content-type'] ?? '', /^application\/cloudevents\+json/);
  assert.equal(headers['authorization'], 'Bearer x');
  const { data, ...attributes } = JSON.parse(body);
  assert.deepEqual(attributes, {
    specversion: '1.0',
    id: alertsOf(record)[0]?.id,
    source: '/gateways/one',
    type: 'telltale.detection_finding.v1',
    time: record.endedAt,
    subject: record.exchangeId,
    partitionkey: record.conversationId,
    datacontenttype: 'application/json',
  });
  assert.equal(detectionFindingSchema.parse(data).finding_info.uid, attributes.id);
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = ['plain text', 'bytes'].map(
    (key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  );
  assert.equal(headers['webhook-id'], attributes.id);
  assert.equal(headers['webhook-signature'], expected.join(' '));
});

const OUTCOMES: readonly [number, string][] = [
  [200, 'delivered'],
  [202, 'delivered'],
  [302, 'rejected'],
  [400, 'rejected'],
  [401, 'rejected'],
  [403, 'rejected'],
  [404, 'rejected'],
  [408, 'retry'],
  [413, 'rejected'],
  [429, 'retry'],
  [500, 'retry'],
  [503, 'retry'],
];

for (const [code, outcome] of OUTCOMES) {
  test(`the answer ${code} is ${outcome}, and its reason holds no part of the address`, async (t) => {
    const { url, state } = await receiver(t);
    state.answer = status(code, code === 302 ? { location: '/elsewhere' } : {});
    const [got] = await open(t, { url }).deliver(['a']);
    assert.equal(got?.outcome, outcome);
    assert.ok(!JSON.stringify(got).includes('secret'));
  });
}

test('a receiver that never answers, or cuts the connection, is given up in time and asked again', async (t) => {
  const { url, state } = await receiver(t);
  const { deliver } = open(t, { url, timeoutMs: 100 });
  state.answer = () => {};
  assert.equal((await deliver(['a']))[0]?.outcome, 'retry');
  state.answer = (response) => void response.destroy();
  assert.equal((await deliver(['a']))[0]?.outcome, 'retry');
  state.answer = (response) => void response.writeHead(200).write('an answer without an end');
  assert.equal((await deliver(['a']))[0]?.outcome, 'retry');
});

test('after failures in a row nothing is sent for a while', async (t) => {
  const { url, calls, state } = await receiver(t);
  const rest = { initialMs: 3_600_000, maxMs: 3_600_000 };
  const { deliver } = open(t, { url, breakerThreshold: 3, breakerRest: rest, concurrency: 1 });
  state.answer = status(500);
  const outcomes = await deliver(['a', 'b', 'c', 'd', 'e']);
  assert.ok(outcomes.every(({ outcome }) => outcome === 'retry'));
  assert.equal(calls.length, 3, 'the fourth and fifth were not sent');
  assert.match(outcomes[4]?.outcome === 'retry' ? outcomes[4].reason : '', /left alone/);
  state.answer = status(204);
  assert.equal((await deliver(['a']))[0]?.outcome, 'retry');
  assert.equal(calls.length, 3);
});

test('after the while one attempt closes the circuit', async (t) => {
  const { url, calls, state } = await receiver(t);
  const rest = { initialMs: 300, maxMs: 300 };
  const { deliver } = open(t, { url, breakerThreshold: 1, breakerRest: rest, concurrency: 1 });
  state.answer = status(500);
  await deliver(['a']);
  state.answer = status(204);
  const isDelivered = async () => (await deliver(['a']))[0]?.outcome === 'delivered';
  await until(isDelivered, 'it is asked again');
  assert.equal(calls.length, 2);
  assert.ok(await isDelivered());
});

test('Retry-After is obeyed', async (t) => {
  const { url, calls, state } = await receiver(t);
  const { deliver } = open(t, { url });
  state.answer = status(429, { 'retry-after': '3600' });
  await deliver(['a']);
  state.answer = status(204);
  assert.equal((await deliver(['a']))[0]?.outcome, 'retry');
  assert.equal(calls.length, 1);
});

test('Retry-After is obeyed whatever other requests that were under way are answered', async (t) => {
  const { url, calls, state } = await receiver(t);
  const { deliver } = open(t, { url, breakerThreshold: 1, breakerRest: { initialMs: 1, maxMs: 1 } });
  const asked = Promise.withResolvers<void>();
  state.answer = async (response, { body }) => {
    const { partitionkey } = JSON.parse(body);
    if (partitionkey === 'asks')
      response.writeHead(429, { 'retry-after': '3600' }).end(() => asked.resolve());
    else {
      await asked.promise;
      // Behind the answer that asks.
      await sleep(200);
      response.writeHead(partitionkey === 'fails' ? 503 : 204).end();
    }
  };
  await deliver(['asks', 'fails', 'fine']);
  state.answer = status(204);
  assert.equal((await deliver(['later']))[0]?.outcome, 'retry');
  assert.equal(calls.length, 3);
});

test('while an address is left alone it is still told what it answered', async (t) => {
  const { url, state } = await receiver(t);
  const { deliver } = open(t, { url, breakerThreshold: 1, concurrency: 1 });
  state.answer = status(503);
  const [, left] = await deliver(['a', 'b']);
  assert.match(left?.outcome === 'retry' ? left.reason : '', /left alone.*the webhook answered 503/);
});

test('nothing of a conversation passes an alert that must come again; other conversations go on', async (t) => {
  const { url, state } = await receiver(t);
  let failures = 0;
  state.answer = (response, { body }) => {
    const isFailing = JSON.parse(body).partitionkey === 'a' && failures++ === 0;
    response.writeHead(isFailing ? 503 : 204).end();
  };
  const outcomes = await open(t, { url }).deliver(['a', 'b', 'a', 'b', 'a']);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['retry', 'delivered', 'retry', 'delivered', 'retry'],
  );
});

test('a webhook that hangs delays no other sink, and its alerts arrive when it heals', async (t) => {
  const { url, calls, state } = await receiver(t);
  const { sink } = open(t, { url, timeoutMs: 200, breakerRest: { initialMs: 20, maxMs: 50 } });
  const fine = createListSink('fine');
  const ledger = await createLedger({ dataDir: dataFolder(t), sinks: [sink.name, 'fine'] });
  const relay = createRelay({ outbox: ledger, sinks: [sink, fine], backoff: { initialMs: 5, maxMs: 50 } });
  cleanUp(t, async () => {
    await relay.stop({ deadlineMs: 1000 });
    await ledger.close();
  });
  relay.start();
  state.answer = () => {};
  await Promise.all([1, 2, 3].map((n) => ledger.commit(exchange({ conversationId: `c${n}` }))));
  await until(() => fine.taken.length === 3, 'the other sink has all');
  await until(() => calls.length > 0, 'the webhook was tried');
  assert.equal((await ledger.depth('webhook')).depth, 3);
  state.answer = status(204);
  await until(async () => (await ledger.depth('webhook')).depth === 0, 'all were delivered');
});

test('a receiver too slow for all that waits gets each alert once, in order, in as many deliveries as it takes', async (t) => {
  const { url, calls, state } = await receiver(t);
  state.answer = async (response) => {
    await sleep(30);
    response.writeHead(204).end();
  };
  const { sink } = open(t, { url, deliverMs: 50 });
  const ledger = await createLedger({ dataDir: dataFolder(t), sinks: [sink.name] });
  const relay = createRelay({ outbox: ledger, sinks: [sink], deliverTimeoutMs: 20 });
  cleanUp(t, async () => {
    await relay.stop({ deadlineMs: 1000 });
    await ledger.close();
  });
  const committed: string[] = [];
  for (let count = 0; count < 60; count += 1) {
    const outcome = await ledger.commit(exchange());
    if (outcome.outcome === 'committed') committed.push(...outcome.alertIds);
  }
  relay.start();
  await until(async () => (await ledger.depth('webhook')).depth === 0, 'all were delivered');
  assert.deepEqual(
    calls.map(({ body }) => JSON.parse(body).id),
    committed,
  );
  const [stats] = await relay.stats();
  assert.deepEqual([stats?.delivered, stats?.retried, stats?.lastError], [60, 0, null]);
  assert.ok(Number(stats?.attempts) > 1, 'no delivery waits for all of them');
});
