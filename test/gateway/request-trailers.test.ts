import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createCertificate } from './certificate.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { startProxy } from './start-proxy.ts';
import { answerJson, ask, beginEvents, completion, events } from './test-upstream.ts';
import { until } from './until.ts';

interface Arrived {
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** An upstream that notes what came after the body. */
async function startTrailed(
  context: TestContext,
  answer: (response: ServerResponse) => void,
  tls?: { cert: string; key: string },
) {
  const arrived: Arrived[] = [];
  let left = 0;
  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    response.on('close', () => {
      if (!response.writableFinished) left += 1;
    });
    const body = await text(incoming);
    arrived.push({ headers: incoming.rawHeaders, body, trailers: incoming.rawTrailers });
    answer(response);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const scheme = tls === undefined ? 'http' : 'https';
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, arrived, left: () => left };
}

const BODY = JSON.stringify(ask('hello'));
const DIGEST = createHash('sha256').update(BODY).digest('base64');
const trailers: [string, string][] = [
  ['X-Checksum', DIGEST],
  ['x-twice', 'a'],
  ['X-Twice', 'b'],
];
const flat = trailers.flat();

/** Sends a body in two chunks and then trailers. */
async function send(
  { url }: Pick<TestGateway, 'url'>,
  { body = BODY, after = trailers, path = '/v1/chat/completions' } = {},
): Promise<IncomingMessage> {
  const outgoing = request(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', trailer: 'X-Checksum' },
  });
  outgoing.write(body.slice(0, 5));
  outgoing.write(body.slice(5));
  outgoing.addTrailers(after);
  outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}

const fine = (response: ServerResponse) => answerJson(response, completion('fine'));

test('trailers of a request reach the upstream as they came, whole and streamed, on unread paths too', async (context) => {
  const streamed = events('all is well').join('');
  let isStreamed = false;
  const upstream = await startTrailed(context, (response) => {
    if (!isStreamed) return fine(response);
    beginEvents(response);
    response.write(streamed.slice(0, 40));
    response.addTrailers({ 'x-answer': 'told' });
    response.end(streamed.slice(40));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { policy: { unknown_path: 'pass' } },
  });
  const whole = await send(gateway);
  assert.equal(await text(whole), JSON.stringify(completion('fine')));
  const elsewhere = await send(gateway, { path: '/v1/elsewhere' });
  assert.equal(await text(elsewhere), JSON.stringify(completion('fine')));
  isStreamed = true;
  const stream = await send(gateway);
  assert.equal(await text(stream), streamed);
  assert.equal(stream.trailers['x-answer'], 'told');
  assert.equal(upstream.arrived.length, 3);
  for (const { headers, body, trailers: came } of upstream.arrived) {
    assert.equal(body, BODY);
    assert.deepEqual(came, flat);
    const told = headers.map((part) => part.toLowerCase());
    assert.ok(told.includes('chunked') && !told.includes('content-length'));
    assert.equal(headers[told.indexOf('trailer') + 1], 'X-Checksum');
    assert.equal(headers[told.indexOf('host') + 1], new URL(upstream.url).host);
  }
});

test("where the upstream is asked with a key of the gateway's own, no trailer brings the caller's", async (context) => {
  const upstream = await startTrailed(context, fine);
  const gateway = await startGateway(context, {
    env: { OWN_KEY: 'own' },
    config: {
      upstreams: [
        {
          name: 'own',
          url: upstream.url,
          match: { model: '*' },
          key_env: 'OWN_KEY',
          key_header: 'x-team-key',
        },
      ],
    },
  });
  const after: [string, string][] = [...trailers, ['X-Team-Key', "the caller's"]];
  await text(await send(gateway, { after }));
  assert.deepEqual(upstream.arrived[0]?.trailers, flat);
});

test('a request without trailers has a length and tells of none', async (context) => {
  const upstream = await startTrailed(context, fine);
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const after of [[], [['x-telltale-verdict', 'pass'] as [string, string]]]) {
    await text(await send(gateway, { after }));
    const { headers = [], trailers: came } = upstream.arrived.at(-1) ?? {};
    const told = headers.map((part) => part.toLowerCase());
    assert.deepEqual([told.includes('content-length'), told.includes('trailer'), came], [true, false, []]);
  }
});

test('trailers reach an upstream behind TLS and behind proxies', async (context) => {
  const pair = createCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'telltale-trailers-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, pair.cert);
  const secure = await startTrailed(context, fine, pair);
  const plain = await startTrailed(context, fine);
  const proxy = await startProxy(context);
  for (const [upstream, via] of [
    [secure, null],
    [secure, proxy.url],
    [plain, proxy.url],
  ] as const) {
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      config: { upstream: { ca_file: file }, proxy: { http: via, https: via, bypass: '' } },
    });
    const answer = await send(gateway);
    assert.deepEqual([answer.statusCode, await text(answer)], [200, JSON.stringify(completion('fine'))]);
    assert.equal(upstream.arrived.at(-1)?.body, BODY);
  }
  assert.deepEqual(
    secure.arrived.map(({ trailers: came }) => came),
    [flat, flat],
  );
  assert.equal(proxy.asked.length, 2);
});

test('a trailer that would make another request of it is refused, as are too many', async (context) => {
  const upstream = await startTrailed(context, fine);
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { server: { max_headers: 20 } },
  });
  for (const name of ['Host', 'Content-Type', 'Authorization', 'x-api-key', 'Cookie', 'X-Forwarded-For']) {
    const answer = await send(gateway, { after: [[name, '1']] });
    assert.equal(answer.statusCode, 400);
    assert.match(
      await text(answer),
      new RegExp(`"message":"${name} came after the body.*"code":"bad_trailer"`),
    );
  }
  const many = (count: number) =>
    Array.from({ length: count }, (_, at): [string, string] => [`x-${at}`, '1']);
  assert.equal((await send(gateway, { after: many(20) })).statusCode, 200);
  assert.equal((await send(gateway, { after: many(21) })).statusCode, 431);
  assert.equal(upstream.arrived.length, 1);
});

test('of a request that is redacted no trailer speaks of the bytes as they came', async (context) => {
  const upstream = await startTrailed(context, fine);
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'input', action: 'redact' })]) },
  });
  const after: [string, string][] = [
    ['Repr-Digest', DIGEST],
    ['x-kept', 'yes'],
  ];
  await text(await send(gateway, { body: JSON.stringify(ask('we deceive')), after }));
  const [{ body = '', trailers: came } = {}] = upstream.arrived;
  assert.doesNotMatch(body, /deceive/);
  assert.deepEqual(came, ['x-kept', 'yes']);
});

test('with trailers too an upstream may refuse, be silent, halt, break off, and be left', async (context) => {
  const silent = await startTrailed(context, () => {});
  const halting = await startTrailed(context, (response) => {
    beginEvents(response);
    response.write(events('all is well')[1] ?? '');
  });
  const cut = await startTrailed(context, (response) => {
    beginEvents(response);
    response.write(events('all is well')[1] ?? '', () => response.destroy());
  });
  const mute = createTcpServer(() => {});
  await once(mute.listen(0, '127.0.0.1'), 'listening');
  context.after(() => void mute.close());
  const named = (name: string, url: string, more = {}) => ({ name, url, match: { model: name }, ...more });
  const gateway = await startGateway(context, {
    config: {
      upstreams: [
        named('refused', 'http://127.0.0.1:1'),
        named('connect', `https://127.0.0.1:${(mute.address() as AddressInfo).port}`, {
          connect_timeout_ms: 100,
        }),
        named('silent', silent.url, { first_byte_timeout_ms: 100 }),
        named('halting', halting.url, { idle_timeout_ms: 500 }),
        named('left', halting.url),
        named('cut', cut.url),
      ],
    },
  });
  const body = (model: string) => JSON.stringify({ ...ask('hello'), model, stream: true });
  for (const [model, status, code] of [
    ['refused', 502, 'upstream_refused'],
    ['connect', 504, 'upstream_timeout'],
    ['silent', 504, 'upstream_timeout'],
  ] as const) {
    const answer = await send(gateway, { body: body(model) });
    assert.equal(answer.statusCode, status, model);
    assert.match(await text(answer), new RegExp(`"code":"${code}"`));
  }
  for (const model of ['halting', 'cut']) {
    const answer = await send(gateway, { body: body(model) });
    assert.equal(answer.statusCode, 200);
    let got = '';
    await assert.rejects(async () => {
      for await (const part of answer) got += part;
    });
    assert.match(got, /"error":\{.*upstream_(timeout|cut)/, model);
  }
  const before = halting.left();
  const left = await send(gateway, { body: body('left') });
  left.destroy();
  await until(() => halting.left() > before);
});
